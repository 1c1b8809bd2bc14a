/**
 * Raft traffic between orderers: frames out, frames in, heartbeats of all channels together.
 *
 * Best effort by design: nothing is kept for a peer that is not there, silence and repetition are normal. What comes in
 * is believed about its sender because the broker pins the last token of the subject to the connected key; it is taken only
 * if the subject names this orderer, or several, as its receiver; it is believed about its content only after the gate
 * (incarnation) and, for blocks, the chain have judged it.
 */
import { equalBytes, readU32 } from '@cairn/ledger';
import type { Index, MemberId, Message } from '@cairn/raft';
import {
  type AppendMessage,
  type Beat,
  type Bus,
  type BusMessage,
  bytesIn,
  createReassembler,
  decodeGroupFrame,
  decodeRaftFrame,
  encodeGroupFrame,
  encodeRaftFrame,
  groupMembersMax,
  HeartbeatFrameWriter,
  isGroupFrame,
  isSameAppend,
  MEMBERS,
  type Payload,
  type PeerAddress,
  type RaftAddress,
  type RaftFrameOrigin,
  type Reassembler,
  type Subjects,
  type Subscription,
  splitFrame,
  whole,
} from '@cairn/transport';
import { BeatMemory, type HeardBeat } from './beat-memory.ts';
import { beatOf, messageOf } from './beats.ts';
import type { Channel } from './channel.ts';
import { type FrameDirection, type FrameKind, frameLabel, RaftSubjects } from './frame-labels.ts';
import type { MemberGate } from './member-gate.ts';
import {
  decodeNotice,
  encodeNotice,
  isNotice,
  type Notice,
  type NoticeContent,
} from './member-notice.ts';
import { countReason, type TrafficCounts } from './telemetry.ts';
import {
  decodeTraceNotice,
  encodeTraceNotice,
  isTraceNotice,
  type TraceNotice,
} from './tracing/trace-notice.ts';

interface Append {
  readonly channel: Channel;
  readonly message: AppendMessage;
  readonly members: MemberId[];
}

export interface LinkedChannel {
  readonly channel: Channel;
  readonly gate: MemberGate;
}

export interface LinksDependencies {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly ordererName: string;
  readonly incarnation: bigint;
  readonly counts: TrafficCounts;
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
  readonly #dependencies: LinksDependencies;
  readonly #byName = new Map<string, LinkedChannel>();
  /** By the first four bytes of the id: a heartbeat of a thousand channels looks each of them up. */
  readonly #byIdStart = new Map<number, LinkedChannel[]>();
  /** Appends of this turn: the same one for several members is one frame. */
  #appends: Append[] = [];
  readonly #raftSubjects: RaftSubjects;
  readonly #beats = new Map<string, HeartbeatFrameWriter>();
  readonly #heard = new BeatMemory();
  readonly #reassembler: Reassembler = createReassembler(REASSEMBLY);
  readonly #subscriptions: Subscription[] = [];
  readonly #notified = new Set<string>();
  #nextFrameId = 1;

  constructor(dependencies: LinksDependencies) {
    this.#dependencies = dependencies;
    const { bus, subjects, ordererName } = dependencies;
    this.#raftSubjects = new RaftSubjects(subjects, ordererName);
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
    this.#notified.clear();
    const forgotten = this.#reassembler.tick();
    if (forgotten > 0) countReason(this.#dependencies.counts.dropped, 'incompleteFrame', forgotten);
  }

  send(channel: Channel, message: Message): void {
    const to = channel.nameOfMember(message.to);
    if (to === null) {
      countReason(this.#dependencies.counts.dropped, 'unknownMember');
    } else if (message.type === 'heartbeat' || message.type === 'heartbeatResponse') {
      this.#addBeat(to, beatOf(channel, message));
    } else if (message.type === 'append') {
      this.#addAppend(channel, message);
    } else {
      this.#publishTo(to, channel, message.type, encodeRaftFrame(this.#originOf(channel), message));
    }
  }

  sendHeartbeat(channel: Channel, member: MemberId, commit: Index): void {
    const to = channel.nameOfMember(member);
    const { channelId, term } = channel;
    if (to === null) countReason(this.#dependencies.counts.dropped, 'unknownMember');
    else this.#addBeat(to, { type: 'heartbeat', channelId, term, commit, probe: 0 });
  }

  #originOf({ channelId }: Channel): RaftFrameOrigin {
    return { channelId, incarnation: this.#dependencies.incarnation };
  }

  #addAppend(channel: Channel, message: AppendMessage): void {
    for (const each of this.#appends) {
      if (each.channel !== channel || !isSameAppend(each.message, message)) continue;
      each.members.push(message.to);
      return;
    }
    this.#appends.push({ channel, message, members: [message.to] });
  }

  #publishAppend({ channel, message, members }: Append): void {
    const origin = this.#originOf(channel);
    if (members.length === 1) {
      const to = channel.nameOfMember(message.to)!;
      this.#publishTo(to, channel, message.type, encodeRaftFrame(origin, message));
      return;
    }
    const subject = this.#raftSubjects.of(channel.name, MEMBERS);
    for (let at = 0; at < members.length; at += groupMembersMax) {
      const group = members.slice(at, at + groupMembersMax);
      this.#publish(subject, message.type, encodeGroupFrame(origin, message, group));
    }
  }

  #addBeat(to: string, beat: Beat): void {
    let beats = this.#beats.get(to);
    if (beats === undefined) {
      beats = new HeartbeatFrameWriter(this.#dependencies.incarnation);
      this.#beats.set(to, beats);
    }
    beats.add(beat, this.#dependencies.bus.payloadBytesMax);
  }

  #publishTo(to: string, channel: Channel, kind: FrameKind, frame: Payload): void {
    this.#publish(this.#raftSubjects.of(channel.name, to), kind, frame);
  }

  #publish(subject: string, kind: FrameKind, frame: Payload): void {
    const { bus, counts } = this.#dependencies;
    for (const payload of this.#payloadsOf(frame)) {
      this.#count(kind, 'out', bytesIn(payload));
      if (!bus.publish(subject, payload)) countReason(counts.dropped, 'notSent');
    }
  }

  #payloadsOf(frame: Payload): readonly Payload[] {
    const { payloadBytesMax } = this.#dependencies.bus;
    if (bytesIn(frame) <= payloadBytesMax) return [frame];
    return splitFrame(whole(frame), this.#nextFrameId++, payloadBytesMax);
  }

  /** The end of a turn: what is for several leaves together, and everything goes to the socket. */
  flush(): void {
    for (const append of this.#appends) this.#publishAppend(append);
    if (this.#appends.length > 0) this.#appends = [];
    this.#publishBeats();
    this.#dependencies.bus.flush();
  }

  #publishBeats(): void {
    const { bus, subjects, ordererName: from, counts } = this.#dependencies;
    for (const [to, beats] of this.#beats) {
      for (const frame of beats.take()) {
        this.#count('heartbeat', 'out', frame.length);
        if (!bus.publish(subjects.heartbeat({ to, from }), frame)) {
          countReason(counts.dropped, 'notSent');
        }
      }
    }
  }

  #count(kind: FrameKind, direction: FrameDirection, bytes: number): void {
    const label = frameLabel(kind, direction);
    countReason(this.#dependencies.counts.messages, label);
    countReason(this.#dependencies.counts.bytes, label, bytes);
  }

  #drop(reason: string): void {
    countReason(this.#dependencies.counts.dropped, reason);
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
    if (!group.members.includes(linked.channel.memberId)) return;
    this.#receiveMessage(linked, from, group.frame);
  }

  #receiveMessage(linked: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    const decoding = decodeRaftFrame(bytes, { from, to: linked.channel.memberId });
    if (!decoding.ok) return this.#drop(decoding.fault);
    const { channelId, incarnation, message } = decoding.frame;
    if (!equalBytes(channelId, linked.channel.channelId)) return this.#drop('otherChannel');
    this.#count(message.type, 'in', bytes.length);
    this.#hear(linked, message, incarnation);
  }

  #receiveBeats({ subject, payload }: BusMessage): void {
    const address = this.#dependencies.subjects.parseHeartbeat(subject);
    if (address === null) return this.#drop('badSubject');
    if (!this.#isMine(address)) return;
    const frame = this.#heard.read(address.from, payload);
    if (typeof frame === 'string') return this.#drop(frame);
    this.#count('heartbeat', 'in', payload.length);
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
      this.#addBeat(fromName, answer);
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
      this.#notify(channel, message.from, {
        kind: 'otherDirectory',
        heard: incarnation,
        recorded: gate.knownOf(message.from)!,
      });
    } else if (verdict === 'pass') {
      this.#checkMemory(channel, message);
      this.#dependencies.deliver(channel, message);
    }
    return verdict === 'pass';
  }

  /** A member that asks for pre-votes with less than it has acknowledged to this leader has lost the difference. */
  #checkMemory(channel: Channel, message: Message): void {
    if (message.type !== 'vote' || !message.pre) return;
    const acknowledged = channel.acknowledgedBy(message.from);
    if (acknowledged <= message.lastIndex) return;
    this.#notify(channel, message.from, {
      kind: 'olderThanPromised',
      term: BigInt(channel.term),
      acknowledged: BigInt(acknowledged),
    });
  }

  /** Once a tick for each member at most: a flood of frames is not answered by a flood of notices. */
  #notify(channel: Channel, to: MemberId, what: NoticeContent): void {
    const name = channel.nameOfMember(to);
    const key = `${channel.name}/${to}`;
    if (name === null || this.#notified.has(key)) return;
    this.#notified.add(key);
    const notice = encodeNotice({ ...what, channelId: channel.channelId, member: to });
    this.#publishTo(name, channel, 'notice', notice);
  }

  /** To every other member: what is told decides nothing, so it may be lost. */
  tellTrace(channel: Channel, notice: TraceNotice): void {
    const bytes = encodeTraceNotice(notice);
    for (const { name } of channel.config.members) {
      if (name !== this.#dependencies.ordererName) this.#publishTo(name, channel, 'trace', bytes);
    }
  }

  #receiveTrace({ channel }: LinkedChannel, bytes: Uint8Array): void {
    const notice = decodeTraceNotice(bytes, channel.channelId);
    if (notice === null) return this.#drop('badField');
    this.#count('trace', 'in', bytes.length);
    this.#dependencies.traced(channel, notice);
  }

  #receiveNotice({ channel }: LinkedChannel, from: MemberId, bytes: Uint8Array): void {
    const notice = decodeNotice(bytes);
    if (notice === null) return this.#drop('badField');
    if (!equalBytes(notice.channelId, channel.channelId)) return this.#drop('otherChannel');
    this.#dependencies.noticed(channel, from, notice);
  }
}
