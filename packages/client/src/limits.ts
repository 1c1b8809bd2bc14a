/**
 * The fixed numbers of the client, in one place. None of them weakens a promise: they trade latency, memory and load.
 */

/** Of one batch frame: the service refuses more (413 `BATCH_TOO_LARGE`). */
export const FRAME_TRANSACTIONS_MAX = 500;
export const FRAME_BYTES_MAX = 512 * 1024;

/** Room for subject, reply subject and headers below the server's `max_payload`. */
export const ENVELOPE_BYTES = 4 * 1024;

/** The window: frames of one channel that wait for an answer or for their next attempt. */
export const FRAMES_IN_FLIGHT_MAX = 32;
export const BYTES_IN_FLIGHT_MAX = 4 * 1024 * 1024;

/** What may wait for the window before a submission is refused with 503 `OVERLOADED`. */
export const WAITING_BYTES_MAX = 64 * 1024 * 1024;

/** What `submitMany` keeps open at once. */
export const OPEN_TRANSACTIONS_DEFAULT = 8 * FRAME_TRANSACTIONS_MAX;
export const OPEN_BYTES_MAX = 16 * 1024 * 1024;

/** Until the caller gives up. */
export const TIMEOUT_MS_DEFAULT = 10_000;

/**
 * The first attempt to submit. Short, because a paused orderer keeps its place in the queue group until the broker drops it;
 * another attempt under the same id is always safe.
 */
export const ATTEMPT_TIMEOUT_MS = 1_000;
/** Each attempt after one without an answer takes twice as long, up to this. */
export const ATTEMPT_TIMEOUT_MS_MAX = 4_000;

/** One attempt to read. An orderer that lacks the block may wait for it this long before it says 404 ... */
export const READ_WAIT_MS = 1_000;
/** ... so an attempt lasts longer than that. */
export const READ_ATTEMPT_TIMEOUT_MS = 2_000;

export const BACKOFF_MS_MIN = 50;
export const BACKOFF_MS_MAX = 500;

/** A stream of blocks that has been silent so long (three heartbeats) starts again at the next number. */
export const STREAM_SILENCE_MS = 6_000;
/** Blocks taken by the application before they are acknowledged: a quarter of what the sender allows in flight. */
export const STREAM_ACKNOWLEDGE_EVERY = 4;
/** The sender stops at 16; one that sends many more does not keep to the protocol. */
export const STREAM_BUFFERED_MAX = 64;
/** Reading a range of blocks ends with an error when no block has come for so long. */
export const STALL_TIMEOUT_MS_DEFAULT = 30_000;
