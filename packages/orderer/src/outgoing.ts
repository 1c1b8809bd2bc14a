/**
 * What leaves for other orderers: Raft frames at once, what is for several of them together at the end of a turn.
 *
 * Nothing is kept for a peer that is not there. The same append for several members is one frame, which the broker
 * multiplies; the heartbeats of all channels for one orderer are one frame.
 */
import type { Index, MemberId, Message } from '@cairn/raft';
import {
  type AppendMessage,
  type Beat,
  type Bus,
  bytesIn,
  encodeGroupFrame,
  encodeRaftFrame,
  groupMembersMax,
  HeartbeatFrameWriter,
  isSameAppend,
  MEMBERS,
  type Payload,
  type RaftFrameOrigin,
  type Subjects,
  splitFrame,
  whole,
} from '@cairn/transport';
import { beatOf } from './beats.ts';
import type { Channel } from './channel.ts';
import { encodeNotice, type NoticeContent } from './member-notice.ts';
import { RaftSubjects } from './raft-subjects.ts';
import { encodeTraceNotice, type TraceNotice } from './tracing/trace-notice.ts';
import type { FrameKind, Traffic } from './traffic.ts';

/** Collected until the end of the turn. */
interface Append {
  readonly channel: Channel;
  readonly message: AppendMessage;
  readonly members: MemberId[];
}

export interface OutgoingDependencies {
  readonly bus: Bus;
  readonly subjects: Subjects;
  readonly ordererName: string;
  readonly incarnation: bigint;
  readonly traffic: Traffic;
}

export class Outgoing {
  readonly #dependencies: OutgoingDependencies;
  readonly #raftSubjects: RaftSubjects;
  #appends: Append[] = [];
  /** By receiver. */
  readonly #beats = new Map<string, HeartbeatFrameWriter>();
  #hasBeats = false;
  /** Members that were told something in this tick. */
  readonly #notified = new Set<string>();
  #nextFrameId = 1;

  constructor(dependencies: OutgoingDependencies) {
    this.#dependencies = dependencies;
    this.#raftSubjects = new RaftSubjects(dependencies.subjects, dependencies.ordererName);
  }

  send(channel: Channel, message: Message): void {
    const to = channel.nameOfMember(message.to);
    if (to === null) {
      this.#dependencies.traffic.drop('unknownMember');
    } else if (message.type === 'heartbeat' || message.type === 'heartbeatResponse') {
      this.addBeat(to, beatOf(channel, message));
    } else if (message.type === 'append') {
      this.#addAppend(channel, message);
    } else {
      this.#publishTo(to, channel, message.type, encodeRaftFrame(this.#originOf(channel), message));
    }
  }

  sendHeartbeat(channel: Channel, member: MemberId, commit: Index): void {
    const to = channel.nameOfMember(member);
    const { channelId, term } = channel;
    if (to === null) this.#dependencies.traffic.drop('unknownMember');
    else this.addBeat(to, { type: 'heartbeat', channelId, term, commit, probe: 0 });
  }

  /** Leaves with `flush`. */
  addBeat(to: string, beat: Beat): void {
    let beats = this.#beats.get(to);
    if (beats === undefined) {
      beats = new HeartbeatFrameWriter(this.#dependencies.incarnation);
      this.#beats.set(to, beats);
    }
    beats.add(beat, this.#dependencies.bus.payloadBytesMax);
    this.#hasBeats = true;
  }

  /** Once a tick for each member at most: a flood of frames is not answered by a flood of notices. */
  notify(channel: Channel, to: MemberId, what: NoticeContent): void {
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

  /** One step of time. */
  tick(): void {
    this.#notified.clear();
  }

  /** The end of a turn: what was collected leaves, and everything goes to the socket. */
  flush(): void {
    for (const append of this.#appends) this.#publishAppend(append);
    if (this.#appends.length > 0) this.#appends = [];
    if (this.#hasBeats) this.#publishBeats();
    this.#dependencies.bus.flush();
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

  #publishBeats(): void {
    const { subjects, ordererName: from } = this.#dependencies;
    for (const [to, beats] of this.#beats) {
      for (const frame of beats.take()) {
        this.#publishOne(subjects.heartbeat({ to, from }), 'heartbeat', frame);
      }
    }
    this.#hasBeats = false;
  }

  #publishTo(to: string, channel: Channel, kind: FrameKind, frame: Payload): void {
    this.#publish(this.#raftSubjects.of(channel.name, to), kind, frame);
  }

  #publish(subject: string, kind: FrameKind, frame: Payload): void {
    const { payloadBytesMax } = this.#dependencies.bus;
    if (bytesIn(frame) <= payloadBytesMax) return this.#publishOne(subject, kind, frame);
    for (const part of splitFrame(whole(frame), this.#nextFrameId++, payloadBytesMax)) {
      this.#publishOne(subject, kind, part);
    }
  }

  #publishOne(subject: string, kind: FrameKind, payload: Payload): void {
    const { bus, traffic } = this.#dependencies;
    traffic.count(kind, 'out', bytesIn(payload));
    if (!bus.publish(subject, payload)) traffic.drop('notSent');
  }
}
