/**
 * Load on Cairn, through the client library and nothing else: `submitMany` for bulk, `submit` for a lone transaction.
 */
import { connect, isReceipt, type Submission } from '@cairn/client';
import { CHANNEL } from './cairn-cluster.ts';
import { payloadOf } from './payload.ts';
import { type LoadPlan, Meter, runAsClient } from './protocol.ts';

/** When each submission was read; outcomes come in the same order. */
class StartTimes {
  readonly #startsMs: Float64Array;
  #begun = 0;
  #ended = 0;

  constructor(openMax: number) {
    this.#startsMs = new Float64Array(openMax);
  }

  begin(): void {
    this.#startsMs[this.#begun++ % this.#startsMs.length] = performance.now();
  }

  end(): number {
    return this.#startsMs[this.#ended++ % this.#startsMs.length]!;
  }
}

function* endless(payload: Uint8Array, starts: StartTimes, meter: Meter): Generator<Submission> {
  while (!meter.isOver) {
    starts.begin();
    yield { payload };
  }
}

runAsClient(async (plan: LoadPlan) => {
  const client = await connect({ servers: plan.url });
  const channel = client.channel(CHANNEL);
  const payload = payloadOf(plan.sizeBytes);
  const meter = new Meter(plan);
  await meter.measureLone(() => channel.submit(payload));
  const starts = new StartTimes(plan.windowSize + 1);
  meter.startLoad();
  meter.reportAtEnd();
  const submissions = endless(payload, starts, meter);
  for await (const { outcome } of channel.submitMany(submissions, {
    concurrency: plan.windowSize,
  })) {
    const startMs = starts.end();
    if (isReceipt(outcome)) meter.acknowledged(startMs, 1);
    else meter.refused(1);
  }
});
