import type { Index, MemberId, Message } from '@cairn/raft';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, id, index, term } from './network.ts';
import { acknowledged, brief, granted, heartbeat, heartbeatAnswer, Solo, vote } from './solo.ts';

type Act =
  | { readonly kind: 'ticks'; readonly count: number }
  | { readonly kind: 'hear'; readonly message: Message }
  | { readonly kind: 'campaign' | 'propose' | 'drain' };

const member = fc.constantFrom(2, 3, 4);
const near = fc.constantFrom(1, 2, 3, 4);
const hear = (message: fc.Arbitrary<Message>): fc.Arbitrary<Act> =>
  message.map((each) => ({ kind: 'hear', message: each }));
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.integer({ min: 1, max: 25 }).map((count) => ({ kind: 'ticks' as const, count })),
  hear(fc.tuple(member, near, near).map(([from, at, commit]) => heartbeat(from, at, commit))),
  hear(fc.tuple(member, near).map(([from, at]) => heartbeatAnswer(from, at))),
  hear(fc.tuple(member, near, near).map(([from, at, upTo]) => acknowledged(from, at, upTo))),
  hear(fc.tuple(member, near).map(([from, at]) => granted(from, at))),
  hear(fc.tuple(member, near).map(([from, at]) => vote(from, at, [4, 2]))),
  fc.constantFrom('campaign', 'propose', 'drain').map((kind) => ({ kind }) as const),
);

/** Every tick is a tick, every message is stepped. */
function plainly({ core }: Solo, each: Act): Message[] {
  if (each.kind === 'ticks') for (let done = 0; done < each.count; done++) core.tick();
  else if (each.kind === 'hear') core.step(each.message);
  return [];
}

/** Whatever can be passed over is. Returns the answers that are due. */
function quietly({ core }: Solo, each: Act): Message[] {
  if (each.kind === 'hear') return hearQuietly(core, each.message);
  const sent: Message[] = [];
  const send = (to: MemberId, commit: Index) =>
    sent.push({ ...heartbeat(1, core.term, commit), to });
  for (let left = each.kind === 'ticks' ? each.count : 0; left > 0; ) {
    const passed = Math.min(core.quietTicks, left);
    core.passQuietTicks(passed);
    left -= passed;
    if (left === 0) break;
    if (!core.tickQuietly(send)) core.tick();
    left -= 1;
  }
  return sent;
}

function hearQuietly(core: Solo['core'], message: Message): Message[] {
  const { from, term: at } = message;
  if (message.type === 'heartbeat' && core.hearQuietHeartbeat(from, at, message.commit)) {
    return [heartbeatAnswer(1, at)].map((answer) => ({ ...answer, to: from }));
  }
  if (message.type === 'heartbeatResponse' && core.hearQuietResponse(from, at)) return [];
  core.step(message);
  return [];
}

function saidBy(solo: Solo, each: Act, act: (solo: Solo, each: Act) => Message[]): string[] {
  const answers = act(solo, each);
  if (each.kind === 'campaign') solo.core.campaign();
  if (each.kind === 'propose') solo.core.propose(bytes('x'));
  return brief([...answers, ...solo.drain()]);
}

describe('a quiet group', () => {
  test('does exactly what it would have done tick by tick and message by message', () => {
    fc.assert(
      fc.property(
        fc.array(act, { maxLength: 60 }),
        fc.integer({ min: 1, max: 99 }),
        (acts, seed) => {
          const setting = { terms: [1, 1, 2], commit: 2, seed };
          const [plain, quiet] = [new Solo(setting), new Solo(setting)];
          for (const each of acts) {
            expect(saidBy(quiet, each, quietly)).toEqual(saidBy(plain, each, plainly));
            expect(quiet.core.status).toEqual(plain.core.status);
            expect(quiet.core.quietTicks).toBe(plain.core.quietTicks);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  test('is not passed over when a tick has something to do', () => {
    const solo = new Solo({ terms: [1] });
    const { quietTicks } = solo.core;
    expect(() => solo.core.passQuietTicks(quietTicks + 1)).toThrow('is not passed over');
    solo.core.passQuietTicks(quietTicks);
    expect(solo.core.quietTicks).toBe(0);
  });

  test('hears nothing quietly that tells something new', () => {
    const follower = new Solo({ terms: [1, 1], term: 2, commit: 1 });
    const hear = (from: number, at: number, commit: number) =>
      follower.core.hearQuietHeartbeat(id(from), term(at), index(commit));
    expect(hear(2, 2, 1)).toBe(false);
    follower.step(heartbeat(2, 2, 1));
    expect(hear(2, 2, 1)).toBe(true);
    expect([hear(3, 2, 1), hear(2, 1, 1), hear(2, 3, 1), hear(2, 2, 2)]).not.toContain(true);
    expect(follower.core.hasEffects()).toBe(false);
    const leader = new Solo({ terms: [1] });
    leader.lead();
    const answer = (from: number, at: number) => leader.core.hearQuietResponse(id(from), term(at));
    expect(answer(2, leader.core.term)).toBe(false);
    leader.step(acknowledged(2, leader.core.term, leader.core.lastIndex));
    expect(answer(2, leader.core.term)).toBe(true);
    expect([answer(3, leader.core.term), answer(2, 1), answer(1, 2)]).not.toContain(true);
  });

  test('gives messages away alone only where there is nothing else', () => {
    const leader = new Solo({ terms: [1] });
    leader.lead();
    expect(leader.core.hasOnlyMessages).toBe(false);
    expect(leader.core.tickQuietly(() => {})).toBe(true);
    leader.core.tick();
    expect(leader.core.tickQuietly(() => {})).toBe(false);
    expect(leader.core.hasOnlyMessages).toBe(true);
    expect(brief(leader.core.takeMessages())).toEqual([
      '2<heartbeat commit 0',
      '3<heartbeat commit 0',
    ]);
    expect(leader.core.hasEffects()).toBe(false);
    expect(() => leader.core.takeMessages()).toThrow('only messages');
    leader.core.propose(bytes('x'));
    expect(leader.core.hasOnlyMessages).toBe(false);
  });
});
