/** A heartbeat, or the answer to one, as Raft says it and as it stands in a frame beside those of other channels. */
import type { Index, MemberId, Message, Term } from '@cairn/raft';
import type { Beat } from '@cairn/transport';
import type { Channel } from './channel.ts';

type BeatMessage = Extract<Message, { type: 'heartbeat' | 'heartbeatResponse' }>;

export function beatOf({ channelId }: Channel, message: BeatMessage): Beat {
  const { term, probe } = message;
  return message.type === 'heartbeat'
    ? { type: 'heartbeat', channelId, term, commit: message.commit, probe }
    : { type: 'heartbeatResponse', channelId, term, probe };
}

export function messageOf(beat: Beat, from: MemberId, to: MemberId): BeatMessage {
  const { probe } = beat;
  const term = beat.term as Term;
  return beat.type === 'heartbeat'
    ? { type: 'heartbeat', from, to, term, commit: beat.commit as Index, probe }
    : { type: 'heartbeatResponse', from, to, term, probe };
}
