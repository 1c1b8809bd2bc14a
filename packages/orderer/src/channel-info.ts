/**
 * The answer of the door `info`: a channel as this orderer sees it.
 */
import { toHex } from '@cairn/ledger';
import type { MemberId, Role } from '@cairn/raft';
import type { InfoMember, InfoReply, RaftState } from '@cairn/transport';
import type { Channel } from './channel.ts';

const stateOfRole: Readonly<Record<Role, RaftState>> = {
  follower: 'follower',
  preCandidate: 'pre-candidate',
  candidate: 'candidate',
  leader: 'leader',
};

export function channelInfo(channel: Channel): InfoReply {
  const { status } = channel;
  // A channel that failed here takes no part any more, whatever it was when it stopped.
  const hasFailed = channel.state === 'failed';
  const leads = channel.isLeader && !hasFailed;
  return {
    status: 200,
    ...channel.identity,
    height: channel.height,
    newestHash: toHex(channel.newestHash),
    leader: channel.isLeader && !leads ? null : channel.leaderName,
    state: hasFailed ? 'follower' : stateOfRole[status.role],
    term: status.term,
    configNumber: channel.committedConfigNumber,
    members: channel.config.members.map(({ id, name, role }): InfoMember => {
      const progress = status.progress.find((each) => each.id === id);
      const isSelf = id === channel.memberId;
      return {
        id,
        name,
        role,
        active: id === status.leader || channel.peers.isHeard(id as MemberId),
        height: isSelf ? channel.height : channel.peers.heightHeldBy(progress?.match ?? 0),
      };
    }),
  };
}
