/**
 * The one public table of errors: what a code means and what to do about it.
 *
 * Every refusal a user can meet, on NATS, HTTP or the command line, is a row here; the documentation page is generated
 * from it. A code is API and never changes its meaning; the texts are not API.
 * Invariants: status says the same on NATS and HTTP; `retryable` means that the same request under the same id may
 * succeed later without anybody changing it; `retryAfterMs` exists only where `retryable` is true.
 */

export type ErrorStatus = 400 | 401 | 403 | 404 | 409 | 413 | 429 | 500 | 503 | 504;

export interface ErrorRow {
  readonly status: ErrorStatus;
  readonly retryable: boolean;
  readonly retryAfterMs?: number;
  /** One sentence: what happened. Used as the message when the place that refuses has nothing better to say. */
  readonly meaning: string;
  /** One sentence: what the reader of the message should do. */
  readonly whatToDo: string;
}

export const errorTable = {
  MALFORMED_REQUEST: {
    status: 400,
    retryable: false,
    meaning: 'The request is not in the form this subject or route accepts.',
    whatToDo: 'Compare the request with the reference page of that subject or route.',
  },
  MALFORMED_TRANSACTION: {
    status: 400,
    retryable: false,
    meaning: 'The bytes are not a transaction in canonical form.',
    whatToDo: 'Encode transactions with the client library, or send a bare payload to submit.',
  },
  EMPTY_TRANSACTION: {
    status: 400,
    retryable: false,
    meaning: 'A transaction needs at least one byte of payload.',
    whatToDo: 'Send a payload.',
  },
  BAD_ID: {
    status: 400,
    retryable: false,
    meaning: 'The transaction id is not 1 to 64 printable ASCII characters without spaces.',
    whatToDo: 'Choose another id, a UUID for example.',
  },
  RESERVED_ID: {
    status: 400,
    retryable: false,
    meaning: 'The transaction id begins with a prefix that Cairn keeps for itself.',
    whatToDo: 'Choose another id.',
  },
  BAD_HEADER: {
    status: 400,
    retryable: false,
    meaning: 'A header of the request has a value that is not allowed.',
    whatToDo: 'Correct the header that the message names.',
  },
  BAD_NUMBER: {
    status: 400,
    retryable: false,
    meaning: 'What should name a block is neither newest, oldest, config nor a whole number.',
    whatToDo: 'Ask for newest, oldest, config or a number from 0.',
  },
  NOT_AUTHENTICATED: {
    status: 401,
    retryable: false,
    meaning: 'The request does not prove who sent it.',
    whatToDo: 'Give valid credentials, or sign the transaction if the channel asks for authors.',
  },
  NOT_ALLOWED: {
    status: 403,
    retryable: false,
    meaning: 'The sender is known but may not do this.',
    whatToDo: 'Ask an administrator of the channel for the permission.',
  },
  CHANNEL_NOT_FOUND: {
    status: 404,
    retryable: false,
    meaning: 'No orderer serves a channel of this name.',
    whatToDo:
      'Check the name with `cairn status`, which lists the channels, or create the channel.',
  },
  BLOCK_NOT_FOUND: {
    status: 404,
    retryable: false,
    meaning: 'The channel has no block of this number yet.',
    whatToDo: 'Ask again when the height has passed the number, or follow the channel.',
  },
  NOT_FOUND: {
    status: 404,
    retryable: false,
    meaning: 'There is nothing at this address.',
    whatToDo: 'See /openapi.json for the routes.',
  },
  ID_CONFLICT: {
    status: 409,
    retryable: false,
    meaning: 'The id was already used in this channel for a transaction with other bytes.',
    whatToDo: 'Use a new id for a new transaction; repeat an id only with the same bytes.',
  },
  TRANSACTION_TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: "The encoded transaction is larger than the channel's maxTransactionBytes.",
    whatToDo: 'Send less, or store the data elsewhere and submit its hash.',
  },
  BATCH_TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: 'The batch holds more transactions or bytes than one frame may.',
    whatToDo: 'Split it: at most 500 transactions and 512 KiB a frame.',
  },
  REPLY_TOO_LARGE: {
    status: 413,
    retryable: false,
    meaning: 'The reply as JSON is larger than a NATS message may be.',
    whatToDo: 'Ask with the header Accept: application/octet-stream; blocks as bytes always fit.',
  },
  THROTTLED: {
    status: 429,
    retryable: true,
    retryAfterMs: 1000,
    meaning: 'This sender submits faster than its share.',
    whatToDo: 'Wait retryAfterMs, then submit again under the same id.',
  },
  NOT_LEADER: {
    status: 503,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'This orderer does not lead the channel now.',
    whatToDo: 'Submit again under the same id; the field leader names who leads, if known.',
  },
  NO_LEADER: {
    status: 503,
    retryable: true,
    retryAfterMs: 500,
    meaning: 'The channel has no leader at the moment.',
    whatToDo:
      'Try again under the same id; if it lasts, see `cairn status`: a majority may be down.',
  },
  OVERLOADED: {
    status: 503,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'The queue of the leader is full.',
    whatToDo: 'Wait retryAfterMs, then submit again under the same id, more slowly.',
  },
  STOPPING: {
    status: 503,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'This orderer is stopping.',
    whatToDo: 'Try again under the same id; another orderer answers.',
  },
  FROZEN: {
    status: 503,
    retryable: true,
    retryAfterMs: 5000,
    meaning: 'The channel is frozen: it serves blocks but accepts no transactions.',
    whatToDo: 'Wait until an administrator thaws the channel.',
  },
  CHANNEL_FAILED: {
    status: 503,
    retryable: true,
    retryAfterMs: 1000,
    meaning: 'The channel has stopped on this orderer because of evidence of a broken rule.',
    whatToDo:
      'Try again under the same id, another orderer may answer; operators: see `cairn status`.',
  },
  DISCONNECTED: {
    status: 503,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'There is no connection to NATS at the moment.',
    whatToDo: 'Try again under the same id; the connection is being restored.',
  },
  NO_NATS: {
    status: 503,
    retryable: true,
    retryAfterMs: 1000,
    meaning: 'No NATS server answers at the address given.',
    whatToDo:
      'Check the address (--server, CAIRN_NATS_URL) and that nats-server or `cairn up` is running.',
  },
  NO_ANSWER: {
    status: 503,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'No orderer answered the question in time.',
    whatToDo: 'Ask again; if it lasts, see `cairn status`.',
  },
  OUTCOME_UNKNOWN: {
    status: 504,
    retryable: true,
    retryAfterMs: 200,
    meaning: 'The transaction may or may not be in a block: no answer came in time.',
    whatToDo: 'Submit again under the same id, which is always safe, or ask for the transaction.',
  },
  DEADLINE_PASSED: {
    status: 504,
    retryable: true,
    retryAfterMs: 200,
    meaning:
      'The time-out passed before the transaction was cut into a block: it will never be in one.',
    whatToDo: 'Submit again under the same id, with a longer time-out.',
  },
  BAD_REPLY: {
    status: 500,
    retryable: false,
    meaning: 'What answered did not answer in the form of a Cairn reply.',
    whatToDo: 'Check the subject prefix and the versions of client and orderers.',
  },
  VERIFICATION_FAILED: {
    status: 500,
    retryable: false,
    meaning:
      'A hash, signature or channel id does not match: what was received is not what was ordered.',
    whatToDo: 'Keep the evidence, do not use the data, and compare members with `cairn verify`.',
  },
  CHANNEL_MISMATCH: {
    status: 500,
    retryable: false,
    meaning: 'The answer comes from a channel of the same name with another channel id.',
    whatToDo: 'Check the server, and the channel id or genesis block that was given.',
  },
  CLIENT_CLOSED: {
    status: 503,
    retryable: false,
    meaning: 'The client was closed before the request was sent: it will never be in a block.',
    whatToDo: 'Submit again under the same id with a new client.',
  },
  INTERNAL: {
    status: 500,
    retryable: false,
    meaning: 'A bug: something happened that should not.',
    whatToDo: 'Please report it with the log lines around it.',
  },
} as const satisfies Readonly<Record<string, ErrorRow>>;

export type ErrorCode = keyof typeof errorTable;

export const errorCodes = Object.keys(errorTable) as readonly ErrorCode[];

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorTable, text);
}

export function errorRow(code: ErrorCode): ErrorRow {
  return errorTable[code];
}
