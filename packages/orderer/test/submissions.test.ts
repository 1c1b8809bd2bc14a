import { describe, expect, test } from 'vitest';
import { blockOf, Desk, encoded, frameOf, idsIn } from './support/desk.ts';

const receipt = (duplicate: boolean) => [{ status: 200, duplicate }];
const refused = (status: number, code: string) => [{ status, error: { code } }];

const passed = refused(504, 'DEADLINE_PASSED')[0]!;

describe('the way of a submission', () => {
  test('a committed one gets its receipt once', () => {
    const desk = new Desk();
    const one = desk.submit([['a', 'x']]);
    const block = desk.propose(5, 2);
    desk.commit(5, 2, block);
    desk.commit(6, 2, blockOf([encoded('b', 'x')], 6));
    expect(one).toMatchObject({ replies: 1, lines: [{ status: 200, block: 5, index: 0 }] });
    expect(desk.submissions.openRequests).toBe(0);
  });

  test('a refused one in a frame does not refuse the rest', () => {
    const desk = new Desk();
    const frame = desk.submit([
      ['a', 'x'],
      ['config-1', 'x'],
      ['b', 'y'],
    ]);
    desk.commit(5, 2, desk.propose(5, 2));
    expect(frame.lines).toMatchObject([
      { status: 200, index: 0 },
      { status: 400, error: { code: 'RESERVED_ID' } },
      { status: 200, index: 1 },
    ]);
  });

  test('an id repeated inside one frame is a duplicate, or a conflict', () => {
    const desk = new Desk();
    const frame = desk.submit([
      ['a', 'x'],
      ['a', 'x'],
      ['a', 'other'],
    ]);
    desk.commit(5, 2, desk.propose(5, 2));
    expect(frame.lines).toMatchObject([
      { status: 200, index: 0, duplicate: false },
      { status: 200, index: 0, duplicate: true },
      { status: 409, error: { code: 'ID_CONFLICT' } },
    ]);
  });

  test('a full queue refuses', () => {
    const desk = new Desk({ transactionsMax: 1, bytesMax: 1024 });
    desk.submit([['a', 'x']]);
    expect(desk.submit([['b', 'x']]).lines).toMatchObject(refused(503, 'OVERLOADED'));
    expect(desk.submit([['a', 'x']]).lines, 'a duplicate needs no room').toBeNull();
  });

  test('a limit that became smaller since does not take back a receipt', () => {
    const desk = new Desk();
    desk.submit([['a', 'x'.repeat(100)]]);
    const block = desk.propose(5, 2);
    desk.bytesMax = 50;
    const again = desk.submit([['a', 'x'.repeat(100)]]);
    const fresh = desk.submit([['b', 'x'.repeat(100)]]);
    desk.commit(5, 2, block);
    expect(again.lines).toMatchObject(receipt(true));
    expect(fresh.lines).toMatchObject([{ id: 'b', ...refused(413, 'TRANSACTION_TOO_LARGE')[0] }]);
  });

  test('losing leadership refuses what was queued and holds what was proposed', () => {
    const desk = new Desk();
    const proposed = desk.submit([['a', 'x']]);
    desk.propose(5, 2);
    const queued = desk.submit([['b', 'x']]);
    desk.submissions.lostLeadership('NOT_LEADER');
    expect(queued.lines).toMatchObject(refused(503, 'NOT_LEADER'));
    expect(proposed.lines).toBeNull();
    desk.submissions.sweep(2_000);
    expect(proposed.lines).toMatchObject(refused(504, 'OUTCOME_UNKNOWN'));
  });

  test('nobody is left without an answer at the end', () => {
    const desk = new Desk();
    const all = [desk.submit([['a', 'x']])];
    desk.propose(5, 2);
    all.push(desk.submit([['a', 'x']]), desk.submit([['b', 'x']]));
    desk.submissions.endAll('STOPPING');
    expect(all.map(({ replies }) => replies)).toEqual([1, 1, 1]);
  });
});

describe('what was proposed by a leader that leads no longer', () => {
  function heldAt(desk: Desk) {
    const held = desk.submit([['a', 'x']]);
    const block = desk.propose(5, 2);
    desk.submissions.lostLeadership('NOT_LEADER');
    desk.found.clear();
    return { held, block };
  }

  test('gets its receipt when the same entry commits', () => {
    const desk = new Desk();
    const { held, block } = heldAt(desk);
    desk.commit(5, 2, block);
    expect(held.lines).toMatchObject(receipt(false));
  });

  test('gets its receipt when a block of another leader holds its id', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    desk.commit(4, 3, blockOf([encoded('a', 'x')], 4));
    expect(held.lines).toMatchObject([{ status: 200, block: 4 }]);
  });

  test('gets 409 when that block holds other bytes under its id', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    desk.commit(4, 3, blockOf([encoded('a', 'other')], 4));
    expect(held.lines).toMatchObject(refused(409, 'ID_CONFLICT'));
  });

  test('gets 503 when another entry commits at its index', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    desk.commit(5, 3, null);
    expect(held.lines).toMatchObject(refused(503, 'NOT_LEADER'));
  });

  test('is not refused while its id stands further on in the log', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    desk.foundInTail('a', 6, 3);
    desk.commit(5, 3, null);
    expect(held.lines).toBeNull();
    desk.commit(6, 3, blockOf([encoded('a', 'x')], 6));
    expect(held).toMatchObject({ replies: 1, lines: [{ status: 200, block: 6 }] });
  });

  test('is not refused while its id waits in the queue of the same orderer, leading again', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    const again = desk.submit([['a', 'x']]);
    desk.commit(5, 3, null);
    expect([held.lines, again.lines]).toEqual([null, null]);
    desk.commit(7, 4, desk.propose(7, 4));
    expect(held).toMatchObject({ replies: 1, lines: [{ status: 200, block: 7 }] });
    expect(again).toMatchObject({ replies: 1, lines: [{ status: 200, block: 7 }] });
  });

  test('is refused after all when that place is taken too', () => {
    const desk = new Desk();
    const { held } = heldAt(desk);
    desk.foundInTail('a', 6, 3);
    desk.commit(5, 3, null);
    desk.found.clear();
    desk.commit(6, 4, null);
    expect(held).toMatchObject({ replies: 1, lines: refused(503, 'NOT_LEADER') });
  });
});

describe('deadlines', () => {
  test('one that passed since the last sweep is kept at the cut', () => {
    const desk = new Desk();
    const late = desk.submit([['a', 'x']], 100);
    const early = desk.submit([['b', 'x']], 1_000);
    const { submissions } = desk;
    const due = submissions.stillDue(submissions.queue.take(2), 100);
    expect(idsIn(due)).toEqual(['b']);
    expect(late.lines).toMatchObject([
      { status: 504, error: { code: 'DEADLINE_PASSED', proposed: false } },
    ]);
    expect(early.lines).toBeNull();
  });

  test('what nobody waits for any more leaves the queue', () => {
    const desk = new Desk();
    const late = desk.submit([['a', 'x']], 100);
    desk.submissions.sweep(100);
    expect(late.lines).toMatchObject(refused(504, 'DEADLINE_PASSED'));
    expect(desk.submissions.queue.count).toBe(0);
    expect(desk.submissions.queue.bytes).toBe(0);
  });

  test('"never ordered" is not said while another request for the same id goes on', () => {
    const desk = new Desk();
    const late = desk.submit([['a', 'x']], 100);
    const other = desk.submit([['a', 'other bytes']], 1_000);
    desk.submissions.sweep(100);
    expect(late.lines).toMatchObject(refused(504, 'OUTCOME_UNKNOWN'));
    desk.commit(5, 2, desk.propose(5, 2));
    expect(other.lines).toMatchObject(refused(409, 'ID_CONFLICT'));
    expect(late.replies).toBe(1);
  });

  test('of very many who wait for one id are looked for once', () => {
    const desk = new Desk();
    const { request } = desk.submit([['a', 'x']], 100);
    const frame = Array.from({ length: 50 }, (): [string, string] => ['a', 'x']);
    const others = Array.from({ length: 4 }, () => desk.submit(frame, 100));
    let asked = 0;
    const isAwaitedAt = request.isAwaitedAt.bind(request);
    request.isAwaitedAt = (position, nowMs) => {
      asked += 1;
      return isAwaitedAt(position, nowMs);
    };
    desk.submissions.sweep(100);
    expect(asked, 'once for the one, once for all others').toBe(2);
    for (const { lines } of others) expect(lines).toMatchObject(frame.map(() => passed));
  });
});

describe('memory', () => {
  test('of those who wait for what others submitted is bounded: who comes later is told to ask again', () => {
    const desk = new Desk({ transactionsMax: 1, bytesMax: 1024 });
    const first = desk.submit([['a', 'x']]);
    const waiting = Array.from({ length: 4 }, () => desk.submit([['a', 'x']]));
    const late = desk.submit([['a', 'x']]);
    expect(late.lines).toMatchObject([{ id: 'a', ...refused(504, 'OUTCOME_UNKNOWN')[0] }]);
    const block = desk.propose(5, 2);
    expect(desk.submit([['a', 'x']]).lines).toMatchObject(refused(504, 'OUTCOME_UNKNOWN'));
    desk.commit(5, 2, block);
    for (const each of [first, ...waiting]) expect(each).toMatchObject({ replies: 1 });
    desk.foundCommitted('a', block);
    expect(desk.submit([['a', 'x']]).lines, 'who need not wait').toMatchObject(receipt(true));
    desk.submissions.sweep(20);
    desk.submit([['b', 'x']]);
    expect(desk.submit([['b', 'x']]).lines, 'once there is room').toBeNull();
  });

  test('a few transactions taken from a large frame do not keep the frame', () => {
    const desk = new Desk({ transactionsMax: 2, bytesMax: 1024 * 1024 });
    desk.submit([
      ['a', 'x'],
      ['b', 'y'],
      ['c', 'z'.repeat(100_000)],
    ]);
    const runs = desk.submissions.queue.take(2);
    expect(idsIn(runs)).toEqual(['a', 'b']);
    for (const { request } of runs) expect(request.bytes.buffer.byteLength).toBeLessThan(100);
    const { body } = desk.block(runs, 1);
    expect(Buffer.from(body.bytes).includes(Buffer.from(encoded('b', 'y')))).toBe(true);
  });

  test('a frame that is taken whole is not copied', () => {
    const desk = new Desk();
    const frame = frameOf([encoded('a', 'x'.repeat(1_000))]);
    desk.submitFrame(frame);
    expect(desk.submissions.queue.take(1)[0]!.request.bytes).toBe(frame.bytes);
  });
});
