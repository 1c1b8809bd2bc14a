/**
 * The links to the other orderers: what comes in is heard here, what leaves goes through `outgoing`.
 *
 * Best effort by design: silence and repetition are normal. What comes in is believed about its sender because the broker
 * pins the last token of the subject to the connected key; it is taken only if the subject names this orderer, or several,
 * as its receiver; it is believed about its content only after the gate (incarnation) and, for blocks, the chain have judged
 * it.
 */
import { equalBytes, readU32 } from '@cairn/ledger';
import type { MemberId, Message } from '@cairn/raft';
import {
  type BusMessage,
  createReassembler,
  decodeGroupFrame,
  decodeRaftFrame,
  isGroupFrame,
  MEMBERS,
  type PeerAddress,
  type RaftAddress,
  type Reassembler,
  type Subscription,
} from '@cairn/transport';
import { BeatMemory, type HeardBeat } from './beat-memory.ts';
import { messageOf } from './beats.ts';
import type { Channel } from './channel.ts';
import type { MemberGate } from './member-gate.ts';
import { decodeNotice, isNotice, type Notice } from './member-notice.ts';
import { Outgoing, type OutgoingDependencies } from './outgoing.ts';
import { decodeTraceNotice, isTraceNotice, type TraceNotice } from './tracing/trace-notice.ts';

export interface LinkedChannel {
  readonly channel: Channel;
  readonly gate: MemberGate;
}

export interface LinksDependencies extends OutgoingDependencies {
  /** Hands a message to its channel, guarded. */
  deliver(channel: Channel, message: Message): void;
  /** A member says that it knows this orderer under another incarnation, or holds acknowledgements it has lost. */
  noticed(channel: Channel, from: MemberId, notice: Notice): void;
  /** Something is to be sent, and `flush` is to come soon. */
  flushSoon(): void;
  /** A member says that a block holds a transaction of a trace. */
  traced(channel: Channel, notice: TraceNotice): void;
}

const REASSEMBLY = { frameBytesMax: 2 * 1024 * 1024, partialFramesMax: 16, ageTicksMax: 50 };

export class Links {
  readonly outgoing: Outgoing;
  readonly #dependencies: LinksDependencies;
  readonly #byName = new Map<string, LinkedChannel>();
  /** By the first four bytes of the id: a heartbeat of a thousand channels looks each of them up. */
  readonly #byIdStart = new Map<number, LinkedChannel[]>();
  readonly #heard = new BeatMemory();
  readonly #reassembler: Reassembler = createReassembler(REASSEMBLY);
  readonly #subscriptions: Subscription[] = [];

  constructor(dependencies: LinksDependencies) {
    this.#dependencies = dependencies;
    const { bus, subjects, ordererName } = dependencies;
    this.outgoing = new Outgoing(dependencies);
    this.#subscriptions.push(
      bus.subscribe(subjects.raftFor('*', ordererName), (message) => this.#receiveRaft(message)),
      bus.subscribe(subjects.raftForMembers('*'), (message) => this.#receiveRaft(message)),
      bus.subscribe(subjects.heartbeatFor(ordererName), (message) => this.#receiveBeats(message)),
    );
  }

  add(linked: LinkedChannel): void {
    const { channel } = linked;
    this.#byName.set(channel.name, linked);
    const start = readU32(channel.channelId, 0);
    this.#byIdStart.set(start, [...(this.#byIdStart.get(start) ?? []), linked]);
  }

  close(): void {
    for (const subscription of this.#subscriptions) subscription.close();
  }

  /** One step of time for frames that never became whole. */
  tick(): void {
    this.outgoing.tick();
    const forgotten = this.#reassembler.tick();
    if (forgotten > 0) this.#dependencies.traffic.drop('incompleteFrame', forgotten);
  }

  #drop(reason: string): void {
    this.#dependencies.traffic.drop(reason);
  }

  #receiveRaft({ subject, payload }: BusMessage): void {
    const address = this.#dependencies.subjects.parseRaft(subject);
    const linked = address === null ? undefined : this.#byName.get(address.channel);
    if (address === null || linked === undefined) return this.#drop('unknownChannel');
    const isForSeveral = address.to === MEMBERS;
    // What is for several members reaches its sender, too, where a bus tells senders what they said.
    if (isForSeveral && address.from === this.#dependencies.ordererName) return;
    if (!isForSeveral && !this.#isMine(address)) return;
    const from = linked.channel.memberNamed(address.from);
    if (from === null) return this.#drop('notMember');
    const reassembly = this.#reassembler.accept(`${address.channel}/${address.from}`, payload);
    if (reassembly.kind === 'refused') return this.#drop(reassembly.fault);
    if (reassembly.kind === 'frame') this.#receiveWhole(linked, address, from, reassembly.frame);
  }

  /** From another, to this orderer. */
  #isMine({ to, from }: PeerAddress): boolean {
    const { ordererName } = this.#dependencies;
    if (to !== ordererName) this.#drop('otherReceiver');
    else if (from === ordererName) this.#drop('ownName');
    else return true;
    return false;
  }

  /** Only a frame that names its receivers may come to several. */
  #receiveWhole(
    linked: LinkedChannel,
    { to }: RaftAddress,
    from: MemberId,
    bytes: Uint8Array,
  ): void {
    if (to === MEMBERS && !isGroupFrame(bytes)) this.#drop('otherReceiver');
    else this.#receiveFrame(linked, from, bytes);
  }

  #receiveFrame(linked: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    if (isNotice(bytes)) return this.#receiveNotice(linked, from, bytes);
    if (isTraceNotice(bytes)) return this.#receiveTrace(linked, bytes);
    if (isGroupFrame(bytes)) return this.#receiveGroup(linked, from, bytes);
    this.#receiveMessage(linked, from, bytes);
  }

  /** What is for several members, and not for this one, is none of its business. */
  #receiveGroup(linked: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    const group = decodeGroupFrame(bytes);
    if (!group.ok) return this.#drop(group.fault);
    if (this.#isAmong(group.members, linked.channel)) {
      this.#receiveMessage(linked, from, group.frame);
    }
  }

  /** Who was added again is addressed by its new id, and goes under its last one until it is started again. */
  #isAmong(members: readonly number[], channel: Channel): boolean {
    if (members.includes(channel.memberId)) return true;
    const named = channel.memberNamed(this.#dependencies.ordererName);
    return named !== null && members.includes(named);
  }

  #receiveMessage(linked: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    const decoding = decodeRaftFrame(bytes, { from, to: linked.channel.memberId });
    if (!decoding.ok) return this.#drop(decoding.fault);
    const { channelId, incarnation, message } = decoding.frame;
    if (!equalBytes(channelId, linked.channel.channelId)) return this.#drop('otherChannel');
    this.#dependencies.traffic.count(message.type, 'in', bytes.length);
    this.#hear(linked, message, incarnation);
  }

  #receiveBeats({ subject, payload }: BusMessage): void {
    const address = this.#dependencies.subjects.parseHeartbeat(subject);
    if (address === null) return this.#drop('badSubject');
    if (!this.#isMine(address)) return;
    const frame = this.#heard.read(address.from, payload);
    if (typeof frame === 'string') return this.#drop(frame);
    this.#dependencies.traffic.count('heartbeat', 'in', payload.length);
    for (const heard of frame.beats) {
      if (this.#isQuiet(address.from, heard)) continue;
      this.#receiveBeat(address.from, heard, frame.incarnation);
    }
  }

  /** True if it came before, from whom it came then, and tells nothing new: it was taken, and is being answered. */
  #isQuiet(fromName: string, { beat, answer, sender }: HeardBeat): boolean {
    if (sender === null || sender.members !== sender.channel.members) return false;
    if (!sender.channel.hearQuietBeat(sender.from, beat)) return false;
    if (beat.type === 'heartbeat') {
      this.outgoing.addBeat(fromName, answer);
      this.#dependencies.flushSoon();
    }
    return true;
  }

  #receiveBeat(fromName: string, heard: HeardBeat, incarnation: bigint): void {
    heard.sender = null;
    const linked = this.#linkedOf(heard.beat.channelId);
    if (linked === undefined) return this.#drop('unknownChannel');
    const { channel } = linked;
    const { members } = channel;
    const from = channel.memberNamed(fromName);
    if (from === null) return this.#drop('notMember');
    const isHeard = this.#hear(linked, messageOf(heard.beat, from, channel.memberId), incarnation);
    if (isHeard) heard.sender = { channel, from, members };
  }

  #linkedOf(channelId: Uint8Array): LinkedChannel | undefined {
    for (const linked of this.#byIdStart.get(readU32(channelId, 0)) ?? []) {
      if (equalBytes(linked.channel.channelId, channelId)) return linked;
    }
    return undefined;
  }

  /** False unless it comes from the directory that is known: a verdict that stays, once it is given. */
  #hear(linked: LinkedChannel, message: Message, incarnation: bigint): boolean {
    const { channel, gate } = linked;
    const verdict = gate.judge(message, incarnation);
    if (verdict === 'refused') {
      this.#drop('otherIncarnation');
      this.outgoing.notify(channel, message.from, {
        kind: 'otherDirectory',
        heard: incarnation,
        recorded: gate.knownOf(message.from)!,
      });
    } else if (verdict === 'pass') {
      this.#checkMemory(channel, message);
      this.#dependencies.deliver(channel, underKnownId(channel, message));
    }
    return verdict === 'pass';
  }

  /** A member that asks for pre-votes with less than it has acknowledged to this leader has lost the difference. */
  #checkMemory(channel: Channel, message: Message): void {
    if (message.type !== 'vote' || !message.pre) return;
    const acknowledged = channel.acknowledgedBy(message.from);
    if (acknowledged <= message.lastIndex) return;
    this.outgoing.notify(channel, message.from, {
      kind: 'olderThanPromised',
      term: BigInt(channel.term),
      acknowledged: BigInt(acknowledged),
    });
  }

  #receiveTrace({ channel }: LinkedChannel, bytes: Uint8Array): void {
    const notice = decodeTraceNotice(bytes, channel.channelId);
    if (notice === null) return this.#drop('badField');
    this.#dependencies.traffic.count('trace', 'in', bytes.length);
    this.#dependencies.traced(channel, notice);
  }

  #receiveNotice({ channel }: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    const notice = decodeNotice(bytes);
    if (notice === null) return this.#drop('badField');
    if (!equalBytes(notice.channelId, channel.channelId)) return this.#drop('otherChannel');
    this.#dependencies.noticed(channel, from, notice);
  }
}

/**
 * Who comes late may find a leader by an id that it had before, and then learn from its log that the name has another one:
 * it stays the leader of this term under the id it was found by, or it would be a second one, who is not believed.
 */
function underKnownId(channel: Channel, message: Message): Message {
  if (message.type !== 'append' && message.type !== 'heartbeat') return message;
  const { leader, term } = channel.standing;
  if (leader === 0 || leader === message.from || message.term !== term) return message;
  const isSame = channel.nameOfMember(leader) === channel.nameOfMember(message.from);
  return isSame ? { ...message, from: leader as MemberId } : message;
}
