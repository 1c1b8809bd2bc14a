/**
 * The configuration of the NATS server of a local cluster, as text; and its users alone, for servers that have a
 * configuration of their own and include them.
 *
 * Invariants: every connection proves a key (nkey); an orderer speaks on Raft subjects only as itself; a paused process
 * loses its place in the queue groups after about two seconds (`ping_interval`, `ping_max`). Monitoring is off: it has no
 * authentication.
 */
import {
  clientPermissions,
  inboxPrefixOf,
  ordererPermissions,
  type SubjectPermissions,
} from '@cairn/transport';

export interface NatsUser {
  readonly name: string;
  /** Public login key, `U...`. */
  readonly nkey: string;
}

export interface NatsConfigurationInput {
  readonly port: number;
  readonly prefix: string;
  readonly orderers: readonly NatsUser[];
  readonly client: NatsUser;
}

function subjectList(subjects: readonly string[]): string {
  return `[${subjects.map((subject) => JSON.stringify(subject)).join(', ')}]`;
}

function userBlock(
  user: NatsUser,
  permissions: SubjectPermissions,
  subscribeDeny: readonly string[],
): string {
  const deny = subscribeDeny.length === 0 ? '' : `, deny: ${subjectList(subscribeDeny)}`;
  return `    { # ${user.name}
      nkey: ${user.nkey}
      permissions: {
        publish: { allow: ${subjectList(permissions.publish)} }
        subscribe: { allow: ${subjectList(permissions.subscribe)}${deny} }${
          permissions.allowResponses ? '\n        allow_responses: true' : ''
        }
      }
    }`;
}

/**
 * The one client of a local cluster may use any inbox but the orderers' own, so that stock tools, which do not know its
 * inbox prefix, work with nothing but its seed.
 */
function clientBlock({ prefix, client, orderers }: NatsConfigurationInput): string {
  const permissions = clientPermissions(prefix, client.name);
  const subscribe = [...permissions.subscribe, '_INBOX.>'];
  const deny = orderers.map(({ name }) => `${inboxPrefixOf(name)}.>`);
  return userBlock(client, { ...permissions, subscribe }, deny);
}

function usersBlock(input: NatsConfigurationInput): string {
  const orderers = input.orderers.map((user) =>
    userBlock(user, ordererPermissions(input.prefix, user.name), []),
  );
  return `authorization: {
  users: [
${[...orderers, clientBlock(input)].join('\n')}
  ]
}
`;
}

/** Public keys and permissions: nothing in it is secret. */
export function natsUsers(input: NatsConfigurationInput): string {
  return `# Written by "cairn init"; changes are lost. Who may log in, and what each may publish and subscribe.
# A server of your own takes it with: include "users.conf"

${usersBlock(input)}`;
}

export function natsConfiguration(input: NatsConfigurationInput): string {
  return `# Written by "cairn init" and "cairn up"; changes are lost.
server_name: cairn-local
host: "127.0.0.1"
port: ${input.port}

# A process that is paused or cut off gives up its place in the queue groups after two seconds.
ping_interval: "1s"
ping_max: 2

${usersBlock(input)}`;
}
