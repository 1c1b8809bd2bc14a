import { refusal } from '@cairn/transport';
import { describe, expect, test } from 'vitest';
import { verdictOf } from '../src/verdict.js';
import { receiptOf } from './support/scripted-orderer.js';
const refused = (code, details = {}) => ({ kind: 'refusal', refusal: refusal(code, details) });
describe('what an answer means', () => {
    test('a receipt settles, a duplicate one too', () => {
        const receipt = receiptOf('a', { duplicate: true });
        expect(verdictOf({ kind: 'receipt', receipt }, true)).toEqual({
            kind: 'settled',
            outcome: receipt,
        });
    });
    test('a refusal that no retry can change settles when nothing may have been ordered', () => {
        expect(verdictOf(refused('TRANSACTION_TOO_LARGE'), false)).toMatchObject({ kind: 'settled' });
    });
    test('the same refusal leaves the outcome unknown after an attempt that may have been ordered', () => {
        expect(verdictOf(refused('TRANSACTION_TOO_LARGE'), true)).toMatchObject({ kind: 'unknown' });
    });
    test('an id that belongs to other bytes settles even then: no attempt can be in a block', () => {
        expect(verdictOf(refused('ID_CONFLICT'), true)).toMatchObject({ kind: 'settled' });
    });
    test('a retryable refusal is tried again and adds no doubt', () => {
        for (const code of [
            'NOT_LEADER',
            'NO_LEADER',
            'OVERLOADED',
            'STOPPING',
            'THROTTLED',
        ]) {
            expect(verdictOf(refused(code), false)).toMatchObject({ kind: 'again', inDoubt: false });
        }
    });
    test('doubt stays through refusals', () => {
        expect(verdictOf(refused('NOT_LEADER'), true)).toMatchObject({ kind: 'again', inDoubt: true });
    });
    test('504 brings doubt unless the leader says it was never proposed', () => {
        expect(verdictOf(refused('OUTCOME_UNKNOWN'), false)).toMatchObject({ inDoubt: true });
        expect(verdictOf(refused('DEADLINE_PASSED'), false)).toMatchObject({ inDoubt: false });
    });
    test('silence brings doubt', () => {
        const answer = { kind: 'silence', refusal: refusal('NO_ANSWER') };
        expect(verdictOf(answer, false)).toMatchObject({ kind: 'again', inDoubt: true });
    });
});
//# sourceMappingURL=verdict.test.js.map