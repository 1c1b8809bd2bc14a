/**
 * A synchronous fake network of real cores: the workbench of every scenario test.
 *
 * Each node has a disk that is an array; `flush` makes writes durable, `crash` forgets what was not.
 * By default writes are durable at once and messages travel until nobody has anything to say.
 */
import { type ConfChange, type ConfState, type Entry, type HardState, type Index, type MemberId, type Message, RaftCore, type RaftEvent, type RaftInit, type RaftOptions, type SnapshotMeta, type Term, type TermRun, type Write } from '@cairn/raft';
export declare const id: (value: number) => MemberId;
export declare const index: (value: number) => Index;
export declare const term: (value: number) => Term;
export declare const bytes: (text: string) => Uint8Array;
export declare const text: (data: Uint8Array) => string;
export declare const defaults: Omit<RaftOptions, 'id'>;
export declare const conf: (voters: readonly number[], rest?: Partial<Record<'outgoing' | 'learners' | 'learnersNext', readonly number[]>> & {
    readonly autoLeave?: boolean;
}) => ConfState;
/** Config entries carry their change as JSON; no data means: leave the joint configuration. */
export declare const encodeChange: (change: ConfChange) => Uint8Array;
export declare const decodeChange: (entry: Entry) => ConfChange;
/** `change('v4 r1')` adds voter 4 and removes 1. */
export declare function change(operations: string, transition?: ConfChange['transition']): Uint8Array;
/** Entries of the given terms from `first` on: `log(1, 1, 2)` is 1/1 1/2 2/3. */
export declare const entriesOf: (terms: readonly number[], first?: number) => Entry[];
export declare const runsOf: (entries: readonly Entry[], base?: TermRun) => TermRun[];
/** What a node would find after a crash. */
export interface Disk {
    hard: HardState;
    entries: Entry[];
    base: {
        readonly index: Index;
        readonly term: Term;
    };
    conf: ConfState;
    applied: Index;
}
export declare const emptyDisk: (configuration?: ConfState) => Disk;
export declare function initOf(disk: Disk): RaftInit;
/** Numbers in [0, limit) from a seed: enough chance for elections, the same every time. */
export declare function seeded(seed: number): {
    below(limit: number): number;
};
export declare class Node {
    #private;
    readonly id: MemberId;
    readonly disk: Disk;
    core: RaftCore;
    readonly events: RaftEvent[];
    readonly applied: Entry[];
    /** Writes given out and not yet on disk, with the messages that wait for each. */
    readonly pending: {
        readonly write: Write | null;
        readonly messages: readonly Message[];
    }[];
    /** With a slow disk, writes stay pending until `flush`. */
    slowDisk: boolean;
    slowApply: boolean;
    constructor(options: RaftOptions, disk: Disk, seed?: MemberId);
    /** The newest snapshot this node can offer: everything it has applied. */
    snapshot(): SnapshotMeta | null;
    /** Loses everything that was not on disk and starts again. */
    crash(): void;
    compact(at: number): void;
    /** Collects effects; returns the messages that may leave. */
    turn(): Message[];
    /** The oldest `count` pending writes reach the disk. */
    flush(count?: number): Message[];
    apply(): void;
    get log(): string;
    get data(): string[];
}
export declare class Network {
    readonly nodes: Map<number, Node>;
    /** Messages for which this says true are lost. */
    drop: (message: Message) => boolean;
    readonly sent: Message[];
    constructor(count: number, options?: Partial<RaftOptions>, makeDisk?: (member: number) => Disk);
    add(member: number, options: Partial<RaftOptions>, disk: Disk): Node;
    node(member: number): Node;
    core(member: number): RaftCore;
    /** Delivers until silence. */
    settle(): void;
    deliver(message: Message): void;
    campaign(member: number): void;
    propose(member: number, data: string): ReturnType<RaftCore['propose']>;
    change(member: number, data: Uint8Array): ReturnType<RaftCore['propose']>;
    tick(member: number, count?: number): void;
    /** Cuts every link of these members. */
    isolate(...members: readonly number[]): void;
    /** Cuts links between the two groups. */
    split(...groups: readonly (readonly number[])[]): void;
    heal(): void;
    /** `1:leader@1 2:follower@1` */
    get roles(): string;
}
//# sourceMappingURL=network.d.ts.map