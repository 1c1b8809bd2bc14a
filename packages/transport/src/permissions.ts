/**
 * What each user of the NATS server may publish and subscribe: the lists that go into its configuration.
 *
 * Invariants: nobody but an orderer publishes on Raft and heartbeat subjects; the last token of those subjects, the sender,
 * is pinned to the user that is connected; one user cannot read another user's inbox.
 */

import { MEMBERS } from './subjects.ts';

export interface SubjectPermissions {
  readonly publish: readonly string[];
  readonly subscribe: readonly string[];
  /**
   * nats-server's `allow_responses`: one answer to the reply subject of each message received. A reader of `deliver`
   * acknowledges blocks with it, without being able to write into an orderer's inbox otherwise.
   */
  readonly allowResponses: boolean;
}

/** The inbox prefix that a user's permissions allow; give it to the connection. */
export function inboxPrefixOf(user: string): string {
  return `_INBOX.${user}`;
}

/** The doors that ask something of a channel; administration is not among them. */
const clientVerbs = ['submit', 'batch', 'fetch', 'deliver', 'transaction', 'info'] as const;
const namedClientVerbs = ['submit', 'batch', 'fetch', 'info'] as const;

function clientDoors(prefix: string): readonly string[] {
  return [
    ...clientVerbs.map((verb) => `${prefix}.*.${verb}`),
    ...namedClientVerbs.map((verb) => `${prefix}.*.${verb}.*`),
  ];
}

/**
 * An orderer: speaks on members' subjects only as itself, hears only what is addressed to it or to several members
 * together, answers any inbox, and is a client too (its HTTP door relays, its pulls fetch).
 */
export function ordererPermissions(prefix: string, orderer: string): SubjectPermissions {
  return {
    publish: [
      `${prefix}.*.raft.*.${orderer}`,
      `${prefix}.heartbeat.*.${orderer}`,
      `${prefix}.*.events`,
      ...clientDoors(prefix),
      '_INBOX.>',
      '$SRV.>',
    ],
    subscribe: [
      `${prefix}.*.raft.${orderer}.*`,
      `${prefix}.*.raft.${MEMBERS}.*`,
      `${prefix}.heartbeat.${orderer}.*`,
      `${prefix}.admin.${orderer}.*`,
      `${prefix}.*.events`,
      ...clientVerbs.map((verb) => `${prefix}.*.${verb}`),
      ...namedClientVerbs.map((verb) => `${prefix}.*.${verb}.${orderer}`),
      `${inboxPrefixOf(orderer)}.>`,
      '$SRV.>',
    ],
    allowResponses: false,
  };
}

/** A user: asks at the doors, reads events and its own inbox, discovers services. */
export function clientPermissions(prefix: string, user: string): SubjectPermissions {
  return {
    publish: [...clientDoors(prefix), '$SRV.>'],
    subscribe: [`${prefix}.*.events`, `${inboxPrefixOf(user)}.>`],
    allowResponses: true,
  };
}

/** A user that may also use the administration verbs of every orderer. */
export function administratorPermissions(prefix: string, user: string): SubjectPermissions {
  const client = clientPermissions(prefix, user);
  return { ...client, publish: [...client.publish, `${prefix}.admin.*.*`] };
}
