/**
 * Load on JetStream, as lean as the protocol allows: the core client publishes with a reply subject and counts the
 * acknowledgements; many transactions go in one message, which a service on top of JetStream would have to unpack.
 */
import { connect, type Msg, type NatsConnection } from 'nats';
import { SUBJECT } from './jetstream-cluster.ts';
import { payloadOf } from './payload.ts';
import { type LoadPlan, Meter, runAsClient } from './protocol.ts';

const ACKNOWLEDGEMENT_TIMEOUT_MS = 5_000;

/** Keeps `windowSize` messages open until the measured time is over. */
class Publisher {
  readonly #connection: NatsConnection;
  readonly #plan: LoadPlan;
  readonly #meter: Meter;
  readonly #message: Uint8Array;
  readonly #inbox: string;
  readonly #startsMs: Float64Array;

  constructor(connection: NatsConnection, plan: LoadPlan, meter: Meter) {
    this.#connection = connection;
    this.#plan = plan;
    this.#meter = meter;
    this.#message = payloadOf(plan.sizeBytes * plan.packedTransactions);
    this.#inbox = `_INBOX.bench${process.pid}`;
    this.#startsMs = new Float64Array(plan.windowSize);
  }

  start(): void {
    const place = this.#inbox.length + 1;
    this.#connection.subscribe(`${this.#inbox}.*`, {
      callback: (_, message) => this.#answered(Number(message.subject.slice(place)), message),
    });
    for (let slot = 0; slot < this.#plan.windowSize; slot++) this.#publish(slot);
  }

  #publish(slot: number): void {
    this.#startsMs[slot] = performance.now();
    this.#connection.publish(SUBJECT, this.#message, { reply: `${this.#inbox}.${slot}` });
  }

  #answered(slot: number, message: Msg): void {
    const { packedTransactions } = this.#plan;
    if (isAcknowledgement(message)) {
      this.#meter.acknowledged(this.#startsMs[slot]!, packedTransactions);
    } else {
      this.#meter.refused(packedTransactions);
    }
    if (!this.#meter.isOver) this.#publish(slot);
  }
}

/** `{"stream":"...","seq":n}`; a refusal has `error` instead. Not parsed: a lean client would not. */
function isAcknowledgement({ data }: Msg): boolean {
  return (
    data.length > 0 && !Buffer.from(data.buffer, data.byteOffset, data.length).includes('"error"')
  );
}

runAsClient(async (plan: LoadPlan) => {
  const connection = await connect({ servers: plan.url, noAsyncTraces: true });
  const meter = new Meter(plan);
  const lone = payloadOf(plan.sizeBytes);
  await meter.measureLone(async () => {
    const answer = await connection.request(SUBJECT, lone, { timeout: ACKNOWLEDGEMENT_TIMEOUT_MS });
    if (!isAcknowledgement(answer)) throw new Error(answer.string());
  });
  meter.startLoad();
  meter.reportAtEnd();
  new Publisher(connection, plan, meter).start();
});
