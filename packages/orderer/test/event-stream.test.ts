import { utf8 } from '@cairn/ledger';
import { describe, expect, test } from 'vitest';
import { HttpDoor } from '../src/http/door.ts';
import { startServer } from '../src/http/server.ts';
import { silentLog } from '../src/telemetry.ts';
import { memoryRelay, subjects } from './support/memory-relay.ts';
import { until } from './support/running-cluster.ts';
import { readEvents } from './support/server-sent-events.ts';

const info = {
  status: 200,
  channel: 'mychannel',
  channelId: 'ab'.repeat(32),
  height: 5,
  newestHash: 'cd'.repeat(32),
  leader: null,
  state: 'follower',
  term: 1,
  configNumber: 0,
  members: [],
};

/** A door that serves one event stream at a time, before orderers that only know the channel. */
async function doorWithRoomForOne() {
  const { relay, orderers } = memoryRelay();
  orderers.subscribe(subjects.info('mychannel'), ({ reply }) => {
    if (reply !== null) orderers.publish(reply, utf8(JSON.stringify(info)));
  });
  const door = new HttpDoor({
    bus: relay.bus,
    subjects,
    ordererName: 'orderer1',
    natsServers: [],
    channelNames: () => [],
    streamsMax: 1,
    log: silentLog,
  });
  const server = await startServer(door.app, { host: '127.0.0.1', port: 0 }, 'http');
  const url = `http://127.0.0.1:${server.port}/v1/channels/mychannel/events`;
  const close = async () => {
    door.close();
    await server.close();
  };
  return { url, door, close };
}

describe('event streams over HTTP', () => {
  test('are bounded, and the place of a reader that has gone is free again', async () => {
    const { url, close } = await doorWithRoomForOne();
    try {
      const first = await readEvents(url);
      const second = await fetch(url);
      expect(second.status).toBe(503);
      expect(await second.json()).toMatchObject({ error: { code: 'OVERLOADED' } });
      first.close();
      await until(async () => {
        const again = await readEvents(url);
        again.close();
        return again.response.status === 200;
      });
    } finally {
      await close();
    }
  });

  test('are not begun by HEAD', async () => {
    const { url, close } = await doorWithRoomForOne();
    try {
      for (let time = 0; time < 3; time++) {
        expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
      }
    } finally {
      await close();
    }
  });

  test('end cleanly when the door closes, so that readers come back to another orderer', async () => {
    const { url, door, close } = await doorWithRoomForOne();
    try {
      const reader = await readEvents(url);
      const taken = reader.take(1);
      door.close();
      await expect(taken).rejects.toThrow('the stream ended after 0 events');
    } finally {
      await close();
    }
  });
});
