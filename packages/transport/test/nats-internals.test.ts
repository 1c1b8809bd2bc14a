import { expect, test } from 'vitest';
import { natsInternalsOf } from '../src/nats-internals.ts';

test.each([{}, { protocol: {} }, { protocol: { connected: 1, outbound: {}, transport: {} } }])(
  'a library that looks different inside is left to itself: %j',
  (connection) => {
    const internals = natsInternalsOf(connection);
    expect(internals.isConnected()).toBe(true);
    expect(internals.outboundBytes()).toBe(0);
    expect(() => internals.flush()).not.toThrow();
  },
);
