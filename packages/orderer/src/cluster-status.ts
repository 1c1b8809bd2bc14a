/**
 * The state of a cluster as one object, computed from what each orderer says of each channel. Pure.
 *
 * What `cairn status --json` prints and `GET /v1/cluster` answers. An orderer leads only if it says so itself: what others
 * remember of one that is silent is no leader. Numbers nobody could tell are null.
 */
import type { InfoReply, RaftState } from '@cairn/transport';
import { BEHIND_MAX } from './catch-up.ts';

export type MemberState = RaftState | 'down';

export interface MemberStatus {
  readonly name: string;
  readonly id: number;
  readonly role: 'voter' | 'learner';
  readonly state: MemberState;
  readonly term: number | null;
  readonly height: number | null;
  /** Blocks behind the highest member. */
  readonly lag: number | null;
}

export type ProblemCode =
  | 'NO_ANSWER'
  | 'NO_LEADER'
  | 'NO_QUORUM'
  | 'NO_SPARE'
  | 'MEMBER_DOWN'
  | 'MEMBER_LAGS'
  | 'CHANNEL_ID_DIFFERS';

export interface Problem {
  readonly code: ProblemCode;
  readonly message: string;
}

export interface ChannelStatus {
  readonly channel: string;
  readonly channelId: string | null;
  readonly leader: string | null;
  readonly term: number;
  readonly height: number;
  readonly voters: number;
  /** Voters that answer. */
  readonly up: number;
  /** Voters it takes to order anything. */
  readonly quorum: number;
  readonly members: readonly MemberStatus[];
  readonly problems: readonly Problem[];
}

export interface ClusterStatus {
  readonly nats: string;
  readonly orderers: readonly { readonly name: string; readonly up: boolean }[];
  readonly channels: readonly ChannelStatus[];
}

/** What one orderer said when asked about one channel. */
export interface InfoAnswer {
  readonly orderer: string;
  readonly info: InfoReply;
}

export interface ChannelAnswers {
  readonly channel: string;
  readonly answers: readonly InfoAnswer[];
}

export function channelStatus({ channel, answers }: ChannelAnswers): ChannelStatus {
  const newest = newestAnswer(answers);
  const height = Math.max(0, ...answers.map(({ info }) => info.height));
  const leader = leaderAmong(answers);
  const members = membersOf(answers, newest, height);
  const voters = members.filter(({ role }) => role === 'voter');
  const summary = {
    channel,
    channelId: newest?.info.channelId ?? null,
    leader: leader?.orderer ?? null,
    term: Math.max(0, ...answers.map(({ info }) => info.term)),
    height,
    voters: voters.length,
    up: voters.filter(({ state }) => state !== 'down').length,
    quorum: Math.floor(voters.length / 2) + 1,
    members,
  };
  return { ...summary, problems: problemsOf(summary, answers) };
}

export function clusterStatus(
  nats: string,
  orderers: readonly string[],
  channels: readonly ChannelAnswers[],
): ClusterStatus {
  const statuses = channels.map(channelStatus);
  const members = statuses.flatMap((status) => status.members);
  const names = new Set([...orderers, ...members.map(({ name }) => name)]);
  const isUp = (name: string): boolean =>
    channels.some(({ answers }) => answers.some(({ orderer }) => orderer === name));
  return {
    nats,
    orderers: [...names].sort(byNumber).map((name) => ({ name, up: isUp(name) })),
    channels: statuses,
  };
}

/** orderer2 before orderer10. */
function byNumber(left: string, right: string): number {
  return left.localeCompare(right, 'en', { numeric: true });
}

/** The members come from whoever has applied the newest configuration. */
function newestAnswer(answers: readonly InfoAnswer[]): InfoAnswer | null {
  const order = (left: InfoAnswer, right: InfoAnswer): number =>
    right.info.configNumber - left.info.configNumber || right.info.height - left.info.height;
  return answers.toSorted(order)[0] ?? null;
}

function leaderAmong(answers: readonly InfoAnswer[]): InfoAnswer | null {
  const claims = answers.filter(({ orderer, info }) => info.leader === orderer);
  return claims.toSorted((left, right) => right.info.term - left.info.term)[0] ?? null;
}

function membersOf(
  answers: readonly InfoAnswer[],
  newest: InfoAnswer | null,
  height: number,
): MemberStatus[] {
  const leader = leaderAmong(answers);
  return (newest?.info.members ?? []).map(({ id, name, role }) => {
    const own = answers.find(({ orderer }) => orderer === name);
    if (own !== undefined) {
      const state = own === leader ? 'leader' : followerState(own);
      const { term } = own.info;
      return {
        name,
        id,
        role,
        state,
        term,
        height: own.info.height,
        lag: height - own.info.height,
      };
    }
    const known = leader?.info.members.find((member) => member.id === id)?.height ?? 0;
    const lastKnown =
      known > 0 ? { height: known, lag: height - known } : { height: null, lag: null };
    return { name, id, role, state: 'down' as const, term: null, ...lastKnown };
  });
}

/** One that led in an older term and has not noticed yet is no leader any more. */
function followerState({ info }: InfoAnswer): MemberState {
  return info.state === 'leader' ? 'follower' : info.state;
}

type Summary = Omit<ChannelStatus, 'problems'>;

function problemsOf(summary: Summary, answers: readonly InfoAnswer[]): Problem[] {
  const { channel } = summary;
  if (answers.length === 0) {
    return [
      {
        code: 'NO_ANSWER',
        message: `No orderer answers for ${channel}: all are down, or it does not exist.`,
      },
    ];
  }
  return [
    ...leaderProblems(summary),
    ...quorumProblems(summary),
    ...memberProblems(summary),
    ...identityProblems(channel, answers),
  ];
}

function leaderProblems({ channel, leader }: Summary): Problem[] {
  if (leader !== null) return [];
  const message = `${channel} has no leader now: nothing is ordered until one is elected; what was acknowledged stays.`;
  return [{ code: 'NO_LEADER', message }];
}

function quorumProblems({ voters, up, quorum }: Summary): Problem[] {
  if (up < quorum) {
    const message = `${up} of ${voters} voters are up and ${quorum} are needed: nothing is ordered until another starts; blocks can be read.`;
    return [{ code: 'NO_QUORUM', message }];
  }
  if (up < voters && up === quorum) {
    const message = `${up} of ${voters} voters are up: one more failure stops ordering.`;
    return [{ code: 'NO_SPARE', message }];
  }
  return [];
}

function memberProblems({ members }: Summary): Problem[] {
  return members.flatMap(({ name, state, lag }): Problem[] => {
    if (state === 'down') {
      const message = `${name} does not answer: it is down, or cut off from NATS.`;
      return [{ code: 'MEMBER_DOWN', message }];
    }
    if (lag === null || lag <= BEHIND_MAX) return [];
    const message = `${name} is ${lag} blocks behind: it cannot stand in for another until it has caught up.`;
    return [{ code: 'MEMBER_LAGS', message }];
  });
}

function identityProblems(channel: string, answers: readonly InfoAnswer[]): Problem[] {
  const ids = new Set(answers.map(({ info }) => info.channelId));
  if (ids.size <= 1) return [];
  const message = `Orderers serve different channels under the name ${channel}: their block 0 differs.`;
  return [{ code: 'CHANNEL_ID_DIFFERS', message }];
}
