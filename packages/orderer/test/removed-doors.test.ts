/**
 * The doors of an orderer that was removed from a channel: it hears of no new block there, so it answers nobody who did not
 * ask for it by name.
 */
import { utf8, utf8Decode } from '@cairn/ledger';
import { headerNames } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { type MemoryCluster, subjects } from './support/memory-cluster.ts';
import {
  addAgain,
  followerIn,
  NAMES,
  propose,
  remove,
  restart,
  started,
} from './support/removal.ts';

const CHANNEL = 'mychannel';
const submit = subjects.submit(CHANNEL);

const shared = [subjects.fetch, subjects.info, subjects.transaction, subjects.deliver].map(
  (subject) => subject(CHANNEL),
);

const ownOf = (name: string): string[] =>
  [subjects.fetchFrom, subjects.infoFrom, subjects.submitTo, subjects.batchTo].map((subject) =>
    subject(CHANNEL, name),
  );

/** The subjects of the channel that the orderer serves, as it tells discovery. */
function servedBy(cluster: MemoryCluster, orderer: string): string[] {
  const { clientBus, world } = cluster;
  const inbox = clientBus.createInbox();
  const served: string[] = [];
  const subscription = clientBus.subscribe(inbox, ({ payload }) => {
    const { metadata, endpoints } = JSON.parse(utf8Decode(payload)!);
    if (metadata.orderer !== orderer || metadata.channel !== CHANNEL) return;
    served.push(...endpoints.map(({ subject }: { readonly subject: string }) => subject));
  });
  clientBus.publish('$SRV.INFO.cairn', new Uint8Array(0), { reply: inbox });
  world.runFor(100);
  subscription.close();
  return served;
}

/** A reader of the stream that asks again, at the next number, whenever its stream ends or it is refused. */
class Follower {
  readonly numbers: number[] = [];
  /** Status and sentence of what ended its streams, or the code it was refused with. */
  readonly ends: (readonly [string | undefined, string | undefined])[] = [];
  readonly #cluster: MemoryCluster;

  constructor(cluster: MemoryCluster) {
    this.#cluster = cluster;
    this.#ask();
  }

  #ask(): void {
    const { clientBus } = this.#cluster;
    const inbox = clientBus.createInbox();
    const subscription = clientBus.subscribe(inbox, (message) => {
      const status = message.header(headerNames.status);
      const number = message.header(headerNames.block);
      if (number !== undefined) this.numbers.push(Number(number));
      if (message.reply !== null) clientBus.publish(message.reply, new Uint8Array(0));
      if (number !== undefined || status === '100') return;
      const refused = message.payload.length > 0 ? JSON.parse(utf8Decode(message.payload)!) : null;
      this.ends.push([status ?? refused.error.code, message.header(headerNames.error)]);
      subscription.close();
      this.#ask();
    });
    const wish = { start: this.numbers.length, content: 'header' };
    clientBus.publish(subjects.deliver(CHANNEL), utf8(JSON.stringify(wish)), { reply: inbox });
  }
}

const NO_MEMBER = 'This orderer is no member of the channel any more: its members serve it.';
const upTo = (height: number) => Array.from({ length: height }, (_, number) => number);

/** What the shared doors say, asked so often that every orderer that shares them had its turn. */
function askAll(cluster: MemoryCluster, id: string): Set<string> {
  const answers = new Set<string>();
  for (let turn = 0; turn < 2 * NAMES.length; turn++) {
    const { height } = cluster.ask(subjects.info(CHANNEL), '').json;
    const { state } = cluster.ask(subjects.transaction(CHANNEL), id).json;
    const newest = cluster.ask(subjects.fetch(CHANNEL), 'newest').json.block.number;
    answers.add(`height ${height}, newest ${newest}, ${state}`);
  }
  return answers;
}

describe('an orderer that was removed from a channel', () => {
  test.each(['follower', 'leader'])('answers as %s nobody who asks any orderer', (role) => {
    const cluster = started(81);
    const removed = role === 'leader' ? cluster.awaitLeader() : followerIn(cluster);
    expect(servedBy(cluster, removed)).toEqual(expect.arrayContaining(shared));
    remove(cluster, removed);
    cluster.awaitLeader();
    expect(cluster.ask(submit, 'after', { 'Nats-Msg-Id': 'after' }).status).toBe(200);
    cluster.world.runFor(100);
    expect(askAll(cluster, 'after')).toEqual(new Set(['height 5, newest 4, committed']));
    expect(servedBy(cluster, removed)).toEqual(ownOf(removed));
    restart(cluster, removed);
    expect(servedBy(cluster, removed)).toEqual(ownOf(removed));
    expect(askAll(cluster, 'after')).toEqual(new Set(['height 5, newest 4, committed']));
    expect(cluster.ask(subjects.fetchFrom(CHANNEL, removed), '3').status).toBe(200);
    expect(cluster.ask(subjects.infoFrom(CHANNEL, removed), '').json.height).toBe(4);
  });

  test('serves its other channels as before', () => {
    const cluster = started(82);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    for (const name of NAMES) if (name !== removed) cluster.kill(name);
    expect(cluster.ask(subjects.info('audit'), '').status).toBe(200);
    expect(cluster.ask(subjects.info(CHANNEL), '').status, 'nobody serves it').toBe(503);
  });

  test('leaves when its removal begins: of the end it may never hear', () => {
    const cluster = started(83);
    const removed = followerIn(cluster);
    propose(cluster, removed, CHANNEL);
    const channel = cluster.channelOf(removed);
    expect(cluster.world.runUntil(() => channel.config.outgoing.length > 0, 1_000)).toBe(true);
    cluster.isCut = (from, to) => NAMES.includes(from) && to === removed;
    cluster.ask(submit, 'after', { 'Nats-Msg-Id': 'after' });
    cluster.world.runFor(5_000);
    expect(channel.isMember, 'as far as it knows').toBe(true);
    expect(servedBy(cluster, removed)).toEqual(ownOf(removed));
  });

  test('ends its streams so that their readers go on with the next number elsewhere', () => {
    const cluster = started(84);
    const followers = NAMES.flatMap(() => [new Follower(cluster), new Follower(cluster)]);
    cluster.world.runFor(500);
    const removed = followerIn(cluster);
    remove(cluster, removed);
    cluster.ask(submit, 'after');
    cluster.world.runFor(100);
    for (const { numbers } of followers) expect(numbers).toEqual(upTo(5));
    expect(followers.flatMap(({ ends }) => ends)).toEqual([
      ['503', NO_MEMBER],
      ['503', NO_MEMBER],
    ]);
  });

  test('tells who waits for a block to ask another, and does not say that there is none', () => {
    const cluster = started(87);
    const removed = followerIn(cluster);
    const number = String(cluster.channelOf(removed).height + 3);
    const wait = { 'Cairn-Wait-Ms': '5000' };
    const fetch = (subject: string) => cluster.request(subject, number, wait);
    const shared = Array.from({ length: 2 * NAMES.length }, () => fetch(subjects.fetch(CHANNEL)));
    const own = fetch(subjects.fetchFrom(CHANNEL, removed));
    cluster.world.runFor(5);
    remove(cluster, removed);
    for (const payload of ['one', 'two', 'three']) cluster.ask(submit, payload);
    cluster.world.runFor(6_000);
    const answers = new Set(shared.map(({ json }) => json.error?.code ?? json.status));
    expect(answers).toEqual(new Set([200, 'STOPPING']));
    expect(own.json.error.code, 'it says what it has').toBe('BLOCK_NOT_FOUND');
  });

  test('sends readers away whose wish was under way when it left', () => {
    const cluster = started(85);
    const removed = followerIn(cluster);
    const isLeft = () => cluster.channelOf(removed).config.members.length < NAMES.length;
    propose(cluster, removed, CHANNEL);
    const followers: Follower[] = [];
    while (!isLeft()) {
      followers.push(new Follower(cluster));
      cluster.world.runFor(0.1);
    }
    cluster.world.runFor(500);
    cluster.ask(submit, 'after');
    cluster.world.runFor(100);
    for (const { numbers } of followers) expect(numbers).toEqual(upTo(5));
    const codes = followers.flatMap(({ ends }) => ends.map(([code]) => code));
    expect(codes).toContain('STOPPING');
  });

  test.each(['learner', 'voter'] as const)(
    'serves everything again as soon as it is added again, as a %s',
    (role) => {
      const cluster = started(86);
      const removed = followerIn(cluster);
      remove(cluster, removed);
      cluster.ask(submit, 'without it');
      addAgain(cluster, removed, role);
      expect(servedBy(cluster, removed)).toEqual([...shared, ...ownOf(removed)]);
      const followers = NAMES.map(() => new Follower(cluster));
      cluster.ask(submit, 'after', { 'Nats-Msg-Id': 'after' });
      cluster.world.runFor(500);
      expect(askAll(cluster, 'after')).toEqual(new Set(['height 8, newest 7, committed']));
      for (const follower of followers) {
        expect(follower).toMatchObject({ numbers: upTo(8), ends: [] });
      }
      restart(cluster, removed);
      expect(servedBy(cluster, removed)).toEqual([...shared, ...ownOf(removed)]);
    },
  );
});
