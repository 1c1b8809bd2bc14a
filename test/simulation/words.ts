/**
 * Messages, writes and changes in a few words each: for traces that people read.
 */
import type { ChannelView, DiskTransaction, SentMessage } from './oracle/observer.ts';

export function describeMessage({ from, to, channel, message, id }: SentMessage): string {
  const { term } = message;
  const head = `#${id} ${from}>${to} ${channel} t${term}`;
  switch (message.type) {
    case 'vote':
      return `${head} ${message.pre ? 'pre-vote?' : 'vote?'} last ${message.lastIndex}/t${message.lastTerm}`;
    case 'voteResponse':
      return `${head} ${message.pre ? 'pre-vote' : 'vote'} ${message.granted ? 'granted' : 'refused'}`;
    case 'append':
      return `${head} append after ${message.prevIndex}/t${message.prevTerm} +${message.entries.length} commit ${message.commit}`;
    case 'appendResponse':
      return message.reject
        ? `${head} append refused at ${message.index}, hint ${message.hintIndex}/t${message.hintTerm}`
        : `${head} append accepted to ${message.index}`;
    case 'heartbeat':
      return `${head} heartbeat commit ${message.commit}`;
    case 'heartbeatResponse':
      return `${head} heartbeat heard`;
    case 'snapshot':
      return `${head} snapshot ${message.snapshot.index}/t${message.snapshot.term}`;
    case 'timeoutNow':
      return `${head} lead now! from ${message.lastIndex}`;
  }
}

export function describeTransaction({ seq, channels, operations }: DiskTransaction): string {
  const parts = channels.map(({ channel, hard, last, entries }) => {
    const first = entries[0];
    const log = first === undefined ? '' : `, entries ${first.index}..${entries.at(-1)!.index}`;
    return `${channel} t${hard.term} vote ${hard.vote} commit ${hard.commit} last ${last}${log}`;
  });
  return `#${seq} ${parts.join('; ') || `${operations} operations`}`;
}

export function describeView(now: ChannelView, before: ChannelView | null): string {
  const parts: string[] = [];
  const say = (name: keyof ChannelView, text: string) => {
    if (before === null || before[name] !== now[name]) parts.push(text);
  };
  say('role', `is ${now.role}`);
  say('term', `term ${now.term}`);
  say('leader', `leader ${now.leader}`);
  say('last', `last ${now.last}`);
  say('commit', `commit ${now.commit}`);
  say('applied', `applied ${now.applied}`);
  return parts.join(', ');
}
