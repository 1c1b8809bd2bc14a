import { describe, expect, test } from 'vitest';
import {
  decodeTraceNotice,
  encodeTraceNotice,
  isTraceNotice,
} from '../../src/tracing/trace-notice.ts';
import { parseTraceparent, traceFields, tracestateOf } from '../../src/tracing/traceparent.ts';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN_ID = '00f067aa0ba902b7';
const GOOD = `00-${TRACE_ID}-${SPAN_ID}-01`;

describe('traceparent', () => {
  test('is read into trace, span and flags', () => {
    const trace = parseTraceparent(GOOD)!;
    expect(trace).toEqual({
      traceparent: GOOD,
      traceId: TRACE_ID,
      spanId: SPAN_ID,
      flags: '01',
      isSampled: true,
    });
    expect(traceFields(trace)).toEqual({
      trace_id: TRACE_ID,
      span_id: SPAN_ID,
      trace_flags: '01',
    });
  });

  test('says whether the trace is sampled by the lowest bit alone', () => {
    const sampled = (flags: string) =>
      parseTraceparent(`00-${TRACE_ID}-${SPAN_ID}-${flags}`)?.isSampled;
    expect(['00', '01', '02', '03', 'ff'].map(sampled)).toEqual([false, true, false, true, true]);
  });

  test('of a later version is read by its known part', () => {
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01-what-comes`)?.traceId).toBe(TRACE_ID);
    expect(parseTraceparent(`cc-${TRACE_ID}-${SPAN_ID}-01`)?.spanId).toBe(SPAN_ID);
  });

  test.each([
    undefined,
    '',
    'hello',
    `ff-${TRACE_ID}-${SPAN_ID}-01`,
    `00-${'0'.repeat(32)}-${SPAN_ID}-01`,
    `00-${TRACE_ID}-${'0'.repeat(16)}-01`,
    GOOD.toUpperCase(),
    GOOD.slice(0, -1),
    `${GOOD}-more`,
    `${GOOD} `,
    `cc-${TRACE_ID}-${SPAN_ID}-01more`,
    `cc-${TRACE_ID}-${SPAN_ID}-01-${'x'.repeat(300)}`,
    `00-${TRACE_ID}-${SPAN_ID}-0g`,
  ])('that is not valid is none: %j', (text) => {
    expect(parseTraceparent(text)).toBeNull();
  });

  test('comes with a tracestate that is handed on only if it can be a header', () => {
    expect(tracestateOf('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE')).toMatch(/^rojo/);
    expect(tracestateOf(undefined)).toBeNull();
    expect(tracestateOf('a=b\r\nCairn-Author: me')).toBeNull();
    expect(tracestateOf('x'.repeat(513))).toBeNull();
  });
});

describe('a trace notice', () => {
  const channelId = new Uint8Array(32).fill(7);
  const trace = parseTraceparent(GOOD)!;
  const bytes = encodeTraceNotice({ channelId, block: 42, trace });

  test('comes back as it was', () => {
    expect(isTraceNotice(bytes)).toBe(true);
    expect(decodeTraceNotice(bytes, channelId)).toEqual({ channelId, block: 42, trace });
  });

  test('of another channel, length, version, or with another text in it is none', () => {
    const changed = (offset: number, value: number) => {
      const copy = bytes.slice();
      copy[offset] = value;
      return copy;
    };
    expect(decodeTraceNotice(bytes, new Uint8Array(32))).toBeNull();
    for (const hostile of [
      bytes.subarray(0, -1),
      new Uint8Array([...bytes, 0]),
      changed(1, 2),
      changed(34, 0xff),
      changed(50, 0x5a),
    ]) {
      expect(decodeTraceNotice(hostile, channelId)).toBeNull();
    }
  });
});
