/**
 * Every subject and header name of Cairn, in one place.
 *
 * Channel and orderer names are one NATS token each, and never one of the words used as a subject's verb: otherwise the
 * permission for one subject would reach another. `parse` functions are total: null for what is not ours.
 */

import { isName } from '@cairn/ledger';

const prefixPattern = /^[A-Za-z0-9_-]{1,64}$/;

/** May this be the first token of all subjects? */
export function isSubjectPrefix(prefix: string): boolean {
  return prefixPattern.test(prefix);
}

export const defaultSubjectPrefix = 'cairn';

/** In the place of the receiver: several. A reserved word, so no orderer has it for a name. */
export const MEMBERS = 'members';

/** Names of the headers in requests and replies. NATS matches them exactly. */
export const headerNames = {
  transactionId: 'Nats-Msg-Id',
  timeoutMs: 'Cairn-Timeout-Ms',
  waitMs: 'Cairn-Wait-Ms',
  author: 'Cairn-Author',
  signature: 'Cairn-Signature',
  accept: 'Accept',
  contentType: 'Content-Type',
  block: 'Cairn-Block',
  sequence: 'Cairn-Sequence',
  status: 'Status',
  errorCode: 'Nats-Service-Error-Code',
  error: 'Nats-Service-Error',
  timeMs: 'Cairn-Time-Ms',
  traceparent: 'traceparent',
  tracestate: 'tracestate',
} as const;

export const contentTypes = {
  bytes: 'application/octet-stream',
  json: 'application/json',
} as const;

export interface PeerAddress {
  readonly to: string;
  readonly from: string;
}

export interface RaftAddress extends PeerAddress {
  readonly channel: string;
}

/** The subjects under one prefix. */
export interface Subjects {
  readonly prefix: string;
  submit(channel: string): string;
  submitTo(channel: string, orderer: string): string;
  batch(channel: string): string;
  batchTo(channel: string, orderer: string): string;
  fetch(channel: string): string;
  fetchFrom(channel: string, orderer: string): string;
  deliver(channel: string): string;
  transaction(channel: string): string;
  info(channel: string): string;
  infoFrom(channel: string, orderer: string): string;
  events(channel: string): string;
  raft(address: RaftAddress): string;
  /** One channel's Raft frames for several members together, which they name themselves. */
  raftToMembers(channel: string, from: string): string;
  /** To subscribe: what is for several members of a channel together, from anybody. */
  raftForMembers(channel: string): string;
  /** To subscribe: one channel's Raft frames for one orderer, from anybody. */
  raftFor(channel: string, to: string): string;
  heartbeat(address: PeerAddress): string;
  /** To subscribe: all heartbeats for one orderer. */
  heartbeatFor(to: string): string;
  admin(orderer: string, verb: string): string;
  /** To subscribe: every administration verb of one orderer. */
  adminFor(orderer: string): string;
  /** `to` is `members` for what `raftToMembers` makes. */
  parseRaft(subject: string): RaftAddress | null;
  parseHeartbeat(subject: string): PeerAddress | null;
}

export function subjectsOf(prefix: string = defaultSubjectPrefix): Subjects {
  return {
    prefix,
    submit: (channel) => `${prefix}.${channel}.submit`,
    submitTo: (channel, orderer) => `${prefix}.${channel}.submit.${orderer}`,
    batch: (channel) => `${prefix}.${channel}.batch`,
    batchTo: (channel, orderer) => `${prefix}.${channel}.batch.${orderer}`,
    fetch: (channel) => `${prefix}.${channel}.fetch`,
    fetchFrom: (channel, orderer) => `${prefix}.${channel}.fetch.${orderer}`,
    deliver: (channel) => `${prefix}.${channel}.deliver`,
    transaction: (channel) => `${prefix}.${channel}.transaction`,
    info: (channel) => `${prefix}.${channel}.info`,
    infoFrom: (channel, orderer) => `${prefix}.${channel}.info.${orderer}`,
    events: (channel) => `${prefix}.${channel}.events`,
    raft: ({ channel, to, from }) => `${prefix}.${channel}.raft.${to}.${from}`,
    raftToMembers: (channel, from) => `${prefix}.${channel}.raft.${MEMBERS}.${from}`,
    raftForMembers: (channel) => `${prefix}.${channel}.raft.${MEMBERS}.*`,
    raftFor: (channel, to) => `${prefix}.${channel}.raft.${to}.*`,
    heartbeat: ({ to, from }) => `${prefix}.heartbeat.${to}.${from}`,
    heartbeatFor: (to) => `${prefix}.heartbeat.${to}.*`,
    admin: (orderer, verb) => `${prefix}.admin.${orderer}.${verb}`,
    adminFor: (orderer) => `${prefix}.admin.${orderer}.*`,
    parseRaft: remembered((subject) => parseRaft(prefix, subject)),
    parseHeartbeat: remembered((subject) => parseHeartbeat(prefix, subject)),
  };
}

/** As many subjects as a thousand channels of some members have. */
const REMEMBERED_MAX = 10_000;

/** Every frame that arrives has its subject parsed, and there are few of them. What is no address is not kept. */
function remembered<Address>(parse: (subject: string) => Address | null) {
  const known = new Map<string, Address>();
  return (subject: string): Address | null => {
    const before = known.get(subject);
    if (before !== undefined) return before;
    const address = parse(subject);
    if (address === null) return null;
    if (known.size >= REMEMBERED_MAX) known.clear();
    known.set(subject, address);
    return address;
  };
}

function parseRaft(prefix: string, subject: string): RaftAddress | null {
  const [first, channel, verb, to, from, ...rest] = subject.split('.');
  if (first !== prefix || verb !== 'raft' || rest.length > 0) return null;
  if (!isNameToken(channel) || !isNameToken(from)) return null;
  return to === MEMBERS || isNameToken(to) ? { channel, to, from } : null;
}

function parseHeartbeat(prefix: string, subject: string): PeerAddress | null {
  const [first, verb, to, from, ...rest] = subject.split('.');
  if (first !== prefix || verb !== 'heartbeat' || rest.length > 0) return null;
  if (!isNameToken(to) || !isNameToken(from)) return null;
  return { to, from };
}

function isNameToken(token: string | undefined): token is string {
  return token !== undefined && isName(token);
}
