/**
 * A synchronous fake network of real cores: the workbench of every scenario test.
 *
 * Each node has a disk that is an array; `flush` makes writes durable, `crash` forgets what was not.
 * By default writes are durable at once and messages travel until nobody has anything to say.
 */
import { EMPTY_CONF, RaftCore, toIndex, toMemberId, toTerm, } from '@cairn/raft';
export const id = toMemberId;
export const index = toIndex;
export const term = toTerm;
export const bytes = (text) => new TextEncoder().encode(text);
export const text = (data) => new TextDecoder().decode(data);
export const defaults = {
    electionTicks: 10,
    heartbeatTicks: 1,
    preVote: false,
    checkQuorum: false,
    stepDownOnRemoval: true,
    validateConfChange: true,
    appendBytesMax: 1 << 20,
    inflightAppendsMax: 256,
    inflightBytesMax: 1 << 30,
    uncommittedBytesMax: 1 << 30,
    applyBytesMax: 1 << 20,
};
export const conf = (voters, rest = {}) => ({
    voters: voters.map(id),
    outgoing: (rest.outgoing ?? []).map(id),
    learners: (rest.learners ?? []).map(id),
    learnersNext: (rest.learnersNext ?? []).map(id),
    autoLeave: rest.autoLeave ?? false,
});
/** Config entries carry their change as JSON; no data means: leave the joint configuration. */
export const encodeChange = (change) => bytes(JSON.stringify(change));
export const decodeChange = (entry) => entry.data.byteLength === 0
    ? { transition: 'auto', operations: [] }
    : JSON.parse(text(entry.data));
const kinds = { v: 'addVoter', l: 'addLearner', r: 'remove', u: 'update' };
/** `change('v4 r1')` adds voter 4 and removes 1. */
export function change(operations, transition = 'auto') {
    const parsed = operations
        .split(' ')
        .filter((word) => word !== '')
        .map((word) => ({ kind: kinds[word[0]], id: id(Number(word.slice(1))) }));
    return encodeChange({ transition, operations: parsed });
}
/** Entries of the given terms from `first` on: `log(1, 1, 2)` is 1/1 1/2 2/3. */
export const entriesOf = (terms, first = 1) => terms.map((each, offset) => ({
    index: index(first + offset),
    term: term(each),
    kind: 'data',
    data: bytes(`${each}/${first + offset}`),
}));
export const runsOf = (entries, base) => {
    const runs = base === undefined ? [] : [base];
    for (const entry of entries) {
        if (runs.at(-1)?.term !== entry.term)
            runs.push({ first: entry.index, term: entry.term });
    }
    return runs;
};
export const emptyDisk = (configuration = EMPTY_CONF) => ({
    hard: { term: term(0), vote: id(0), commit: index(0) },
    entries: [],
    base: { index: index(0), term: term(0) },
    conf: configuration,
    applied: index(0),
});
export function initOf(disk) {
    const base = disk.base.index === 0 ? undefined : { first: disk.base.index, term: disk.base.term };
    return {
        hard: disk.hard,
        conf: disk.conf,
        terms: runsOf(disk.entries, base),
        first: index(disk.base.index + 1),
        last: index(disk.base.index + disk.entries.length),
        applied: disk.applied,
    };
}
function store(disk, write) {
    if (write.snapshot !== null) {
        disk.entries = [];
        disk.base = { index: write.snapshot.index, term: write.snapshot.term };
        disk.conf = write.snapshot.conf;
        disk.applied = write.snapshot.index;
    }
    if (write.truncateFrom !== 0) {
        disk.entries = disk.entries.slice(0, write.truncateFrom - disk.base.index - 1);
    }
    disk.entries.push(...write.entries);
    if (write.hard !== null)
        disk.hard = write.hard;
}
/** Numbers in [0, limit) from a seed: enough chance for elections, the same every time. */
export function seeded(seed) {
    let state = (seed * 2654435761 + 88172645463325) % 4294967296;
    return {
        below(limit) {
            state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
            return state % limit;
        },
    };
}
export class Node {
    id;
    disk;
    core;
    events = [];
    applied = [];
    /** Writes given out and not yet on disk, with the messages that wait for each. */
    pending = [];
    /** With a slow disk, writes stay pending until `flush`. */
    slowDisk = false;
    slowApply = false;
    /** The lock-step copy of the configuration, as the host would keep it beside `applied`. */
    #options;
    #seed;
    #unapplied = [];
    constructor(options, disk, seed = options.id) {
        this.id = options.id;
        this.disk = disk;
        this.#options = options;
        this.#seed = seed;
        this.core = this.#boot();
    }
    #boot() {
        return new RaftCore(this.#options, initOf(this.disk), {
            reader: {
                entries: (low, high, bytesMax) => {
                    const found = this.disk.entries.filter((e) => e.index >= low && e.index < high);
                    let sum = 0;
                    const end = found.findIndex((e, at) => {
                        sum += e.data.byteLength;
                        return at > 0 && sum > bytesMax;
                    });
                    return end === -1 ? found : found.slice(0, end);
                },
            },
            random: seeded(this.#seed),
            confChangeOf: decodeChange,
            autoLeaveEntry: () => new Uint8Array(0),
            snapshot: () => this.snapshot(),
        });
    }
    /** The newest snapshot this node can offer: everything it has applied. */
    snapshot() {
        const at = this.disk.applied;
        if (at === 0)
            return null;
        const known = this.disk.entries.find((entry) => entry.index === at)?.term;
        return { index: at, term: known ?? this.disk.base.term, conf: this.disk.conf, data: bytes('') };
    }
    /** Loses everything that was not on disk and starts again. */
    crash() {
        this.pending.length = 0;
        this.#unapplied = [];
        this.core = this.#boot();
    }
    compact(at) {
        const kept = this.disk.entries.filter((entry) => entry.index > at);
        const newest = this.disk.entries.find((entry) => entry.index === at);
        if (newest === undefined)
            return;
        this.disk.base = { index: newest.index, term: newest.term };
        this.disk.entries = kept;
        this.core.compact(newest.index);
    }
    /** Collects effects; returns the messages that may leave. */
    turn() {
        const effects = this.core.take();
        this.events.push(...effects.events);
        const out = [...effects.send];
        if (effects.write !== null || effects.afterWrite.length > 0) {
            this.pending.push({ write: effects.write, messages: effects.afterWrite });
        }
        this.#unapplied.push(...effects.commit);
        if (!this.slowDisk)
            out.push(...this.flush());
        if (!this.slowApply)
            this.apply();
        return out;
    }
    /** The oldest `count` pending writes reach the disk. */
    flush(count = this.pending.length) {
        const out = [];
        for (const { write, messages } of this.pending.splice(0, count)) {
            if (write !== null) {
                store(this.disk, write);
                this.core.persisted(write.seq);
            }
            out.push(...messages);
        }
        return out;
    }
    apply() {
        for (const entry of this.#unapplied.splice(0)) {
            if (entry.index <= this.disk.applied)
                continue;
            this.applied.push(entry);
            this.core.applied(entry.index);
            this.disk.applied = entry.index;
            this.disk.conf = this.core.status.conf;
            if (this.disk.hard.commit < entry.index) {
                this.disk.hard = { ...this.disk.hard, commit: entry.index };
            }
        }
    }
    get log() {
        return this.disk.entries.map((entry) => `${entry.term}/${entry.index}`).join(' ');
    }
    get data() {
        return this.applied.filter((entry) => entry.kind === 'data').map((entry) => text(entry.data));
    }
}
export class Network {
    nodes = new Map();
    /** Messages for which this says true are lost. */
    drop = () => false;
    sent = [];
    constructor(count, options = {}, makeDisk = () => emptyDisk(conf(Array.from({ length: count }, (_, at) => at + 1)))) {
        for (let member = 1; member <= count; member++) {
            this.add(member, options, makeDisk(member));
        }
    }
    add(member, options, disk) {
        const node = new Node({ ...defaults, ...options, id: id(member) }, disk);
        this.nodes.set(member, node);
        return node;
    }
    node(member) {
        const node = this.nodes.get(member);
        if (node === undefined)
            throw new Error(`no node ${member}`);
        return node;
    }
    core(member) {
        return this.node(member).core;
    }
    /** Delivers until silence. */
    settle() {
        for (let round = 0; round < 10_000; round++) {
            const messages = [...this.nodes.values()].flatMap((node) => node.turn());
            const busy = [...this.nodes.values()].some((node) => node.core.hasEffects());
            if (messages.length === 0 && !busy)
                return;
            for (const message of messages)
                this.deliver(message);
        }
        throw new Error('the network never falls silent');
    }
    deliver(message) {
        this.sent.push(message);
        if (!this.drop(message))
            this.nodes.get(message.to)?.core.step(message);
    }
    campaign(member) {
        this.core(member).campaign();
        this.settle();
    }
    propose(member, data) {
        const result = this.core(member).propose(bytes(data));
        this.settle();
        return result;
    }
    change(member, data) {
        const result = this.core(member).proposeConfig(data);
        this.settle();
        return result;
    }
    tick(member, count = 1) {
        for (let done = 0; done < count; done++) {
            this.core(member).tick();
            this.settle();
        }
    }
    /** Cuts every link of these members. */
    isolate(...members) {
        this.drop = (message) => members.includes(message.from) || members.includes(message.to);
    }
    /** Cuts links between the two groups. */
    split(...groups) {
        const groupOf = (member) => groups.findIndex((g) => g.includes(member));
        this.drop = (message) => groupOf(message.from) !== groupOf(message.to);
    }
    heal() {
        this.drop = () => false;
    }
    /** `1:leader@1 2:follower@1` */
    get roles() {
        return [...this.nodes.values()]
            .map((node) => `${node.id}:${node.core.role}@${node.core.term}`)
            .join(' ');
    }
}
//# sourceMappingURL=network.js.map