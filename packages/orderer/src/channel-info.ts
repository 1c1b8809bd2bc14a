/**
 * The answer of the door `info`: a channel as this orderer sees it.
 */
import { toHex } from '@cairn/ledger';
import type { MemberId } from '@cairn/raft';
import type { InfoMember, InfoReply } from '@cairn/transport';
import type { Channel } from './channel.ts';

export function channelInfo(channel: Channel): InfoReply {
  const { status } = channel;
  return {
    status: 200,
    ...channel.identity,
    height: channel.height,
    newestHash: toHex(channel.newestHash),
    leader: channel.leaderName,
    term: status.term,
    configNumber: channel.committedConfigNumber,
    members: channel.config.members.map(({ id, name, role }): InfoMember => {
      const progress = status.progress.find((each) => each.id === id);
      const isSelf = id === channel.memberId;
      return {
        id,
        name,
        role,
        active: id === status.leader || channel.isHeard(id as MemberId),
        height: isSelf ? channel.height : channel.heightHeldBy(progress?.match ?? 0),
      };
    }),
  };
}
