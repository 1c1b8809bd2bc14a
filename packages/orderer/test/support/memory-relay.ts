/**
 * The HTTP door's side of a memory broker in real time, and another connection on which a test plays the orderers.
 */
import { MemoryBroker, type MemoryBus, realClock, realRandom, subjectsOf } from '@cairn/transport';
import type { Relay } from '../../src/http/relay.ts';

export const subjects = subjectsOf('cairn');

export function memoryRelay(): { relay: Relay; orderers: MemoryBus; broker: MemoryBroker } {
  const broker = new MemoryBroker({
    nowMs: () => performance.now(),
    setTimer: (delayMs, fire) => realClock.after(delayMs, fire),
    schedule: (deliver) => queueMicrotask(deliver),
  });
  const bus = broker.connect({ name: 'door' });
  const relay = { bus, subjects, clock: realClock, random: realRandom };
  return { relay, orderers: broker.connect({ name: 'orderers' }), broker };
}
