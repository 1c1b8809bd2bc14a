import { expect, test } from 'vitest';
import { type BusMessage, createMemoryBroker, type ServiceRequest } from '../src/index.ts';
import { bytesOf, serviceAt, textOf } from './bus-conformance.ts';

function steppedWorld() {
  let nowMs = 1_000_000;
  const broker = createMemoryBroker({ schedule: (deliver) => deliver(), nowMs: () => nowMs });
  const bus = broker.connect({ name: 'orderer1' });
  return {
    bus,
    advance: (ms: number) => {
      nowMs += ms;
    },
    ask(subject: string): BusMessage[] {
      const answers: BusMessage[] = [];
      const inbox = bus.createInbox();
      bus.subscribe(inbox, (message) => answers.push(message));
      bus.publish(subject, bytesOf(''), { reply: inbox });
      return answers;
    },
  };
}

test('an answer given later counts its time, an unanswered request none', () => {
  const { bus, advance, ask } = steppedWorld();
  const waiting: ServiceRequest[] = [];
  bus.serve(serviceAt('door', (request) => waiting.push(request)));
  const answers = ask('door');
  ask('door');
  advance(12);
  waiting[0]?.respond(bytesOf('late'));
  expect(answers.map(textOf)).toEqual(['late']);
  const [statistics] = ask('$SRV.STATS').map((message) => JSON.parse(textOf(message)));
  expect(statistics.started).toBe('1970-01-01T00:16:40.000Z');
  expect(statistics.endpoints).toEqual([
    {
      name: 'door',
      subject: 'door',
      queue_group: 'q',
      num_requests: 2,
      num_errors: 0,
      last_error: '',
      processing_time: 12_000_000,
      average_processing_time: 6_000_000,
    },
  ]);
});

test('a message without a reply subject is handled, and answering it does nothing', () => {
  const { bus } = steppedWorld();
  const handled: (string | null)[] = [];
  bus.serve(
    serviceAt('door', (request) => {
      handled.push(request.reply);
      request.respond(bytesOf('to nobody'));
    }),
  );
  bus.publish('door', bytesOf('x'));
  expect(handled).toEqual([null]);
});

test('every instance answers discovery, each under its own id', () => {
  const { bus, ask } = steppedWorld();
  bus.serve(serviceAt('door', () => {}));
  bus.serve(serviceAt('door', () => {}));
  const ids = ask('$SRV.PING.cairn').map((message) => JSON.parse(textOf(message)).id);
  expect(new Set(ids).size).toBe(2);
  expect(ask(`$SRV.INFO.cairn.${ids[0]}`)).toHaveLength(1);
});

test('a released request is still answered, and read no more', () => {
  const { bus, ask } = steppedWorld();
  const waiting: ServiceRequest[] = [];
  bus.serve(serviceAt('door', (request) => waiting.push(request)));
  const answers = ask('door');
  waiting[0]!.release();
  expect(() => waiting[0]!.payload).toThrow('read no more');
  waiting[0]!.respond(bytesOf('late'));
  expect(answers.map(textOf)).toEqual(['late']);
});
