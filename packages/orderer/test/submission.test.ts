import { utf8 } from '@cairn/ledger';
import { type BusMessage, type ErrorCode, refusal } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { relaySubmission, type Submission } from '../src/http/submission.ts';
import { memoryRelay, subjects } from './support/memory-relay.ts';

const channel = 'mychannel';
const receipt = JSON.stringify({ status: 200, id: 'a' });

/** What the leader does with each attempt, in order; the last is repeated. */
type Move = ErrorCode | 'receipt' | 'silence' | 'neverProposed';

function leaderThat(...moves: Move[]) {
  const { relay, orderers, broker } = memoryRelay();
  const attempts: BusMessage[] = [];
  const service = { version: '1.0.0', description: 'leader', metadata: {} };
  orderers.subscribe(subjects.info(channel), (message) => {
    if (message.reply !== null) orderers.publish(message.reply, utf8('{}'));
  });
  orderers.serve({
    ...service,
    endpoints: [
      {
        name: 'submit',
        subject: subjects.submit(channel),
        handle: (request) => {
          attempts.push(request);
          const move = moves[Math.min(attempts.length, moves.length) - 1]!;
          if (move === 'silence') return;
          if (move === 'receipt') {
            request.respond(utf8(receipt));
            return;
          }
          const code = move === 'neverProposed' ? 'DEADLINE_PASSED' : move;
          const answer = refusal(code, { channel });
          request.respondError(answer.status, answer.error.message, utf8(JSON.stringify(answer)));
        },
      },
    ],
  });
  const submit = async (timeoutMs: number, more: Partial<Submission> = {}) => {
    const wish = { channel, id: 'a', payload: utf8('x'), timeoutMs, headers: {}, ...more };
    const outcome = await relaySubmission(relay, wish, new AbortController().signal);
    return outcome.kind === 'receipt' ? 'receipt' : outcome.refusal.error.code;
  };
  return { submit, attempts, broker, relay, orderers };
}

describe('a submission over HTTP', () => {
  test('in doubt is tried again under the same id and bytes while nobody leads, and then has its receipt', async () => {
    const { submit, attempts } = leaderThat('OUTCOME_UNKNOWN', 'NOT_LEADER', 'STOPPING', 'receipt');
    expect(await submit(5_000)).toBe('receipt');
    expect(attempts.map((each) => each.header('Nats-Msg-Id'))).toEqual(['a', 'a', 'a', 'a']);
    const remaining = attempts.map((each) => Number(each.header('Cairn-Timeout-Ms')));
    expect(remaining[0]).toBe(5_000);
    expect(remaining.toSorted((left, right) => right - left)).toEqual(remaining);
  });

  test('is tried again after silence: a paused leader keeps its place until the broker drops it', async () => {
    const { submit, attempts } = leaderThat('silence', 'receipt');
    expect(await submit(5_000)).toBe('receipt');
    expect(attempts).toHaveLength(2);
  });

  test('relays a refusal at once, retryable or not: it was never ordered', async () => {
    for (const code of [
      'TRANSACTION_TOO_LARGE',
      'ID_CONFLICT',
      'OVERLOADED',
      'NOT_LEADER',
      'STOPPING',
    ] as const) {
      const { submit, attempts } = leaderThat(code);
      expect(await submit(5_000)).toBe(code);
      expect(attempts).toHaveLength(1);
    }
  });

  test('that an earlier attempt may have ordered ends as unknown, never as refused', async () => {
    expect(await leaderThat('silence', 'NOT_LEADER').submit(1_300)).toBe('OUTCOME_UNKNOWN');
    expect(await leaderThat('silence', 'OVERLOADED').submit(5_000)).toBe('OUTCOME_UNKNOWN');
    expect(await leaderThat('OUTCOME_UNKNOWN', 'NOT_LEADER').submit(300)).toBe('OUTCOME_UNKNOWN');
    expect(await leaderThat('OUTCOME_UNKNOWN', 'ID_CONFLICT').submit(300)).toBe('ID_CONFLICT');
  });

  test('without anybody who leads is told whether there is such a channel', async () => {
    const { relay, orderers } = memoryRelay();
    const wish = { channel, id: 'a', payload: utf8('x'), timeoutMs: 10_000, headers: {} };
    const { signal } = new AbortController();
    const nowhere = await relaySubmission(relay, { ...wish, timeoutMs: 10_000 }, signal);
    expect(nowhere).toMatchObject({ refusal: { error: { code: 'CHANNEL_NOT_FOUND' } } });
    orderers.subscribe(subjects.info(channel), ({ reply }) => {
      if (reply !== null) orderers.publish(reply, utf8('{}'));
    });
    const leaderless = await relaySubmission(relay, wish, signal);
    expect(leaderless).toMatchObject({ refusal: { error: { code: 'NO_LEADER', leader: null } } });
  });

  test('without a connection is refused, not unknown: nothing was sent', async () => {
    const { submit, broker } = leaderThat('receipt');
    broker.stop();
    expect(await submit(60)).toBe('DISCONNECTED');
  });

  test('is not tried again once whoever asked has gone', async () => {
    const { relay, attempts } = leaderThat('NOT_LEADER');
    const wish = { channel, id: 'a', payload: utf8('x'), timeoutMs: 10_000, headers: {} };
    await relaySubmission(relay, wish, AbortSignal.abort());
    expect(attempts).toHaveLength(1);
  });
});
