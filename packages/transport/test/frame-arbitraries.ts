/** Everything Raft can say, for fast-check. */
import type { Entry, Index, MemberId, Message, SnapshotMeta, Term } from '@cairn/raft';
import fc from 'fast-check';

const safe = fc.maxSafeNat();
const term = safe as fc.Arbitrary<Term>;
const index = safe as fc.Arbitrary<Index>;
const bytes = fc.uint8Array({ maxLength: 200 });

export const address = { from: 1 as MemberId, to: 2 as MemberId };
export const channelId = fc.uint8Array({ minLength: 32, maxLength: 32 });
export const incarnation = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });

const members = fc
  .uniqueArray(fc.integer({ min: 1, max: 0xffffffff }), { maxLength: 7 })
  .map((ids) => ids.sort((a, b) => a - b) as MemberId[]);

const conf = fc.record({
  voters: members,
  outgoing: members,
  learners: members,
  learnersNext: members,
  autoLeave: fc.boolean(),
});

const snapshot: fc.Arbitrary<SnapshotMeta> = fc.record({ index, term, conf, data: bytes });

const entryBody = fc.oneof(
  fc.record({ kind: fc.constant('noop' as const), data: fc.constant(new Uint8Array(0)), term }),
  fc.record({ kind: fc.constantFrom('data' as const, 'config' as const), data: bytes, term }),
);

const append = fc
  .record({
    prevIndex: fc.nat({ max: 2 ** 40 }) as fc.Arbitrary<Index>,
    prevTerm: term,
    commit: index,
    term,
    bodies: fc.array(entryBody, { maxLength: 6 }),
  })
  .map(({ bodies, ...fields }): Message => {
    const entries = bodies.map(
      (body, position): Entry => ({ ...body, index: (fields.prevIndex + 1 + position) as Index }),
    );
    return { ...address, type: 'append', ...fields, entries };
  });

function simple<T extends object>(fields: { [K in keyof T]: fc.Arbitrary<T[K]> }) {
  return fc.record({ ...fields, term }).map((values) => ({ ...address, ...values }) as Message);
}

export const message: fc.Arbitrary<Message> = fc.oneof(
  append,
  simple({
    type: fc.constant('vote'),
    lastIndex: index,
    lastTerm: term,
    pre: fc.boolean(),
    force: fc.boolean(),
  }),
  simple({ type: fc.constant('voteResponse'), granted: fc.boolean(), pre: fc.boolean() }),
  simple({ type: fc.constant('appendResponse'), reject: fc.constant(false), index }),
  simple({
    type: fc.constant('appendResponse'),
    reject: fc.constant(true),
    index,
    hintIndex: index,
    hintTerm: term,
  }),
  simple({ type: fc.constant('heartbeat'), commit: index, probe: safe }),
  simple({ type: fc.constant('heartbeatResponse'), probe: safe }),
  simple({ type: fc.constant('snapshot'), snapshot }),
  simple({ type: fc.constant('timeoutNow'), lastIndex: index }),
);

/** Bytes near a good frame find more than bytes at random: one byte changed. */
export function changedAt(frame: Uint8Array, position: number, value: number): Uint8Array {
  const changed = new Uint8Array(frame);
  changed[position % changed.length] = value;
  return changed;
}
