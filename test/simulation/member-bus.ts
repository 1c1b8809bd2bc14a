/**
 * The bus between members: the two kinds of subjects that Raft travels on, and nothing else.
 *
 * The sender in the subject is pinned to the connection, as the broker's permissions do; the receiver is who subscribed.
 * Frames are told to the observer when they leave and when they arrive. Corrupted and misrouted frames are made here.
 */
import type { MemberId, Message } from '@cairn/raft';
import {
  type Bus,
  type BusMessage,
  type Cancellable,
  type Payload,
  type Subscription,
  whole,
} from '@cairn/transport';
import { GROUP, MEMBERS, MessageReader, messageOfBeat, readdressed } from './message-reader.ts';
import type { Network, Passage } from './network.ts';
import type { Garbage, NodeName, Observer, SentMessage } from './oracle/observer.ts';
import type { Chance } from './random.ts';
import type { World } from './world.ts';

type Handler = (message: BusMessage) => void;

/** A process that has such a bus open. */
export interface MemberEndpoint {
  readonly name: NodeName;
  /** Runs `work` as one event of the process; `passage` is read as soon as the process has taken it. */
  receive(work: () => void, passage: Passage): void;
  /** The process may end between any two messages it sends. False: it has. */
  mayPublish(): boolean;
  memberId(channel: string, name: NodeName): MemberId;
  channelNamed(channelId: Uint8Array): string | null;
}

interface Frame {
  readonly subject: string;
  readonly from: NodeName;
  readonly to: NodeName;
  readonly isBeat: boolean;
  /** Whole or in pieces. */
  readonly isForSeveral: boolean;
  readonly payload: Uint8Array;
  /** What it is told as where it is no message any more. */
  readonly garbage: Garbage;
}

/** What a subject says. `channel` of a heartbeat: none. */
interface Address {
  readonly isBeat: boolean;
  readonly channel: string;
  /** A node, or `members`. */
  readonly to: string;
}

const nothing: readonly SentMessage[] = [];

/** What a process's bus asks of the mail. */
interface Counter {
  payloadBytesMax(): number;
  isConnected(): boolean;
  publish(subject: string, payload: Uint8Array): boolean;
  subscribe(kind: 'raft' | 'beats', handle: Handler | null): void;
}

/** A class: objects with getters of their own look different to the engine, each from every other. */
class MemberBus implements Bus {
  readonly #counter: Counter;

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  get connected(): boolean {
    return this.#counter.isConnected();
  }

  get payloadBytesMax(): number {
    return this.#counter.payloadBytesMax();
  }

  publish(subject: string, payload: Payload): boolean {
    return this.#counter.publish(subject, whole(payload));
  }

  subscribe(subject: string, handle: Handler): Subscription {
    const kind = subject.split('.')[1] === 'heartbeat' ? 'beats' : 'raft';
    this.#counter.subscribe(kind, handle);
    return { close: () => this.#counter.subscribe(kind, null) };
  }

  flush(): void {}

  onConnectionChange(): void {}

  close(): Promise<void> {
    return Promise.resolve();
  }

  request(): Cancellable {
    return notHere();
  }

  serve(): Subscription {
    return notHere();
  }

  createInbox(): string {
    return notHere();
  }
}

export class MemberMail {
  readonly #world: World;
  readonly #network: Network;
  readonly #chance: Chance;
  /** Null: nobody wants to know, and nothing is decoded for it. */
  readonly #observer: Observer | null;
  readonly #endpoints = new Map<
    NodeName,
    { endpoint: MemberEndpoint; raft: Handler | null; beats: Handler | null }
  >();
  readonly #addresses = new Map<string, Address>();
  payloadBytesMax = 1024 * 1024;
  #sentCount = 0;

  constructor(world: World, network: Network, chance: Chance, observer: Observer | null) {
    this.#world = world;
    this.#network = network;
    this.#chance = chance;
    this.#observer = observer;
  }

  /** A new process takes the place of the one before it. */
  open(endpoint: MemberEndpoint): Bus {
    const { name } = endpoint;
    const open: { endpoint: MemberEndpoint; raft: Handler | null; beats: Handler | null } = {
      endpoint,
      raft: null,
      beats: null,
    };
    this.#endpoints.set(name, open);
    const reader = new MessageReader();
    const isOpen = () => this.#endpoints.get(name) === open;
    return new MemberBus({
      payloadBytesMax: () => this.payloadBytesMax,
      isConnected: () => isOpen() && this.#network.isConnected(name),
      publish: (subject, payload) => {
        if (!isOpen() || !this.#network.isConnected(name) || !endpoint.mayPublish()) return false;
        this.#send(endpoint, reader, subject, payload);
        return true;
      },
      subscribe: (kind, handle) => {
        open[kind] = handle;
      },
    });
  }

  close(name: NodeName): void {
    this.#endpoints.delete(name);
  }

  #send(
    endpoint: MemberEndpoint,
    reader: MessageReader,
    subject: string,
    payload: Uint8Array,
  ): void {
    const { isBeat, channel, to } = this.#addressIn(subject);
    if (to === MEMBERS) {
      this.#sendToMembers(endpoint, reader, { subject, channel }, payload);
      return;
    }
    let sent = nothing;
    if (this.#observer !== null) {
      sent = isBeat
        ? this.#sentBeats(endpoint, reader, to, payload)
        : this.#sentRaft(endpoint, reader, channel, to, payload);
    }
    const garbage = 'damaged';
    const isForSeveral = false;
    this.#leave({ subject, from: endpoint.name, to, isBeat, isForSeveral, payload, garbage }, sent);
  }

  /** There are few subjects, and each is used all the time. */
  #addressIn(subject: string): Address {
    const known = this.#addresses.get(subject);
    if (known !== undefined) return known;
    const tokens = subject.split('.');
    const isBeat = tokens[1] === 'heartbeat';
    const address = { isBeat, channel: tokens[1]!, to: tokens[isBeat ? 2 : 3]! };
    this.#addresses.set(subject, address);
    return address;
  }

  /** The broker multiplies it: everybody else gets it, and only those it names take it. */
  #sendToMembers(
    endpoint: MemberEndpoint,
    reader: MessageReader,
    { subject, channel }: { readonly subject: string; readonly channel: string },
    payload: Uint8Array,
  ): void {
    const { name } = endpoint;
    const isWatched = this.#observer !== null;
    const own = endpoint.memberId(channel, name);
    const group = isWatched ? reader.readGroup(payload, channel, own) : null;
    for (const to of this.#endpoints.keys()) {
      if (to === name) continue;
      const member = endpoint.memberId(channel, to);
      const sent =
        group === null || !group.members.includes(member)
          ? nothing
          : [this.#noted(name, to, channel, readdressed(group.message, member), payload.length)];
      const garbage = 'damaged';
      this.#leave(
        { subject, from: name, to, isBeat: false, isForSeveral: true, payload, garbage },
        sent,
      );
    }
  }

  #leave(frame: Frame, sent: readonly SentMessage[]): void {
    for (const each of sent) this.#observer?.messageSent(each);
    this.#dispatch(frame, sent);
  }

  #dispatch(frame: Frame, sent: readonly SentMessage[]): void {
    const { corruptRate, misrouteRate } = this.#network.behaviour;
    if (this.#chance.happens(corruptRate)) {
      this.#carry({ ...frame, ...this.#corrupted(frame.payload) }, null);
    } else if (!frame.isForSeveral && this.#chance.happens(misrouteRate)) {
      // What names its receivers is theirs, whichever way it comes.
      this.#carry(this.#misrouted(frame), null);
    } else {
      this.#carry(frame, sent);
    }
  }

  #sentRaft(
    endpoint: MemberEndpoint,
    reader: MessageReader,
    channel: string,
    to: NodeName,
    payload: Uint8Array,
  ): readonly SentMessage[] {
    const from = endpoint.memberId(channel, endpoint.name);
    const message = reader.read(payload, `${channel}/${to}`, from, endpoint.memberId(channel, to));
    return message === null
      ? nothing
      : [this.#noted(endpoint.name, to, channel, message, payload.length)];
  }

  #sentBeats(
    endpoint: MemberEndpoint,
    reader: MessageReader,
    to: NodeName,
    payload: Uint8Array,
  ): SentMessage[] {
    const sent: SentMessage[] = [];
    for (const beat of reader.readBeats(payload)) {
      const channel = endpoint.channelNamed(beat.channelId);
      if (channel === null) continue;
      const from = endpoint.memberId(channel, endpoint.name);
      const message = messageOfBeat(beat, from, endpoint.memberId(channel, to));
      sent.push(this.#noted(endpoint.name, to, channel, message, payload.length));
    }
    return sent;
  }

  #noted(
    from: NodeName,
    to: NodeName,
    channel: string,
    message: Message,
    bytes: number,
  ): SentMessage {
    this.#sentCount += 1;
    const sentAtMs = this.#world.nowMs;
    return { id: this.#sentCount, sentAtMs, from, to, channel, message, bytes };
  }

  /** `sent` is null for what is no message any more. */
  #carry(frame: Frame, sent: readonly SentMessage[] | null): void {
    if (!this.#endpoints.has(frame.to)) return;
    this.#network.transmit(frame.from, frame.to, false, (passage) =>
      this.#arrive(frame, sent, passage),
    );
  }

  #arrive(frame: Frame, sent: readonly SentMessage[] | null, passage: Passage): void {
    const receiver = this.#endpoints.get(frame.to);
    const handle = frame.isBeat ? receiver?.beats : receiver?.raft;
    if (receiver === undefined || handle === undefined || handle === null) {
      passage.read();
      return;
    }
    receiver.endpoint.receive(() => {
      if (sent === null) this.#tellGarbage(frame);
      else for (const each of sent) this.#observer?.messageDelivered(each);
      handle({ subject: frame.subject, payload: frame.payload, reply: null, header: noHeader });
    }, passage);
  }

  /**
   * Damage that the receiver is able to see: cut short, lengthened, another version, nonsense, a bit of a block's signed
   * head. Frames carry no MAC of their own, so that a changed term would be believed, and a changed body under a sound
   * signature is held against its proposer: the broker's connections exclude both.
   */
  #corrupted(payload: Uint8Array): Pick<Frame, 'payload'> & Partial<Pick<Frame, 'garbage'>> {
    const chance = this.#chance;
    const bytes = new Uint8Array(payload);
    switch (chance.below(5)) {
      case 0:
        return { payload: bytes.slice(0, chance.below(bytes.length)) };
      case 1:
        return { payload: Uint8Array.from([...bytes, chance.below(256)]) };
      case 2:
        bytes[chance.below(2)]! ^= 1 << chance.below(8);
        return { payload: bytes };
      case 3:
        return { payload: chance.bytes(chance.between(1, 200)) };
      default: {
        const frame = bytes.subarray(frameStart(bytes));
        if (!isAppendWithBlock(frame)) return { payload: bytes.slice(1) };
        frame[FIRST_BLOCK_AT + chance.below(SIGNED_HEAD_BYTES)]! ^= 1 << chance.below(8);
        return { payload: bytes, garbage: 'damagedBlock' };
      }
    }
  }

  #tellGarbage({ to, subject, garbage }: Frame): void {
    this.#observer?.garbageDelivered(to, subject, garbage);
  }

  /** The broker gives it to somebody else, under the subject it has: brokers do not change those. */
  #misrouted(frame: Frame): Frame {
    const others = [...this.#endpoints.keys()].filter((name) => name !== frame.to);
    return { ...frame, to: this.#chance.pick(others), garbage: 'misrouted' };
  }
}

/** Where things stand in a frame with an append: its kind, the kind of its first entry, that entry's block. */
const KIND_AT = 42;
const APPEND = 3;
const ENTRY_KIND_AT = 87;
const NOOP = 0;
const FIRST_BLOCK_AT = 92;
/** Header and signature. */
const SIGNED_HEAD_BYTES = 142 + 64;

/** A frame for several members begins behind their ids. */
function frameStart(bytes: Uint8Array): number {
  return bytes[0] === GROUP ? 2 + 4 * bytes[1]! : 0;
}

function isAppendWithBlock(frame: Uint8Array): boolean {
  return (
    frame[0] === 1 &&
    frame[KIND_AT] === APPEND &&
    frame.length > FIRST_BLOCK_AT + SIGNED_HEAD_BYTES &&
    frame[ENTRY_KIND_AT] !== NOOP
  );
}

const noHeader = (): undefined => undefined;

function notHere(): never {
  throw new Error('members neither ask nor serve on their own connection');
}
