/**
 * Where a rule of the tidy test does not hold, and why. A line without a reason is not an exception; one for a file that is
 * gone fails the test.
 */

export type Exceptions = Readonly<Record<string, string>>;

/** Files over 400 lines. */
export const longFiles: Exceptions = {
  'packages/client/test/submit.test.ts': 'every outcome of a submission, in one list',
  'packages/raft/test/replication.test.ts': 'the named cases of etcd and the paper, kept together',
  'packages/raft/test/election.test.ts': 'the named cases of etcd and the paper, kept together',
  'packages/transport/test/bus-conformance.ts': 'one suite for every bus',
  'test/cluster/doors.test.ts':
    'one real cluster for all doors: starting one takes longer than asking',
};

/** Functions over 70 lines, by file. */
export const longFunctionsIn: Exceptions = {
  'packages/client/test/support/scripted-deliver.ts': 'a script of faults, read from top to bottom',
  'packages/transport/test/bus-conformance.ts': 'a chapter of tests that is given its bus',
  'test/vectors/make-vectors.ts': 'a list of hostile bytes, one after the other',
};

/** `as unknown as` in sources of packages. */
export const doubleCasts: Exceptions = {
  'packages/cli/src/local/orderer-file.ts':
    "yaml's parsed document is a document; its types say so differently",
  'packages/client/src/read-replies.ts': 'every field was checked in the lines above',
  'packages/ledger/src/config.ts':
    'an interface has no index signature, though its fields are all JSON',
  'packages/orderer/src/metrics.ts':
    'the registry takes anything with name and get; its types ask for more',
  'packages/store/src/lmdb-file.ts': 'what the opened database says of itself is not in its types',
};

/** Files that people, npm or a test start by a name put together at run time. */
export const startedByName: Exceptions = {
  'deploy/local/start.js': 'npm start',
  'deploy/local/watch.js': 'npm run watch',
  'test/run.js': 'npm test',
  'test/vitest.config.ts': 'named on the command line of vitest',
  'test/docs/generate.ts': 'npm run docs',
  'test/vectors/make-vectors.ts': 'writes the golden vectors',
  'grafana/src/index.ts': 'the entry of @cairn/grafana, which tests import',
  'grafana/preview/main.ts': "the previewer's page, served by grafana/src/preview.ts",
  'grafana/src/pictures.ts': 'npm run pictures',
  'grafana/src/watch/main.ts': 'npm run watch',
  'grafana/src/write.ts': 'npm run dashboards',
  'packages/cli/src/write-schemas.ts': 'writes channels/channel.schema.json',
  'packages/store/test/children/reader.ts': 'bundled and started by support/children.ts',
  'packages/store/test/children/writer.ts': 'bundled and started by support/children.ts',
  'test/bench/peers/cairn-client.ts': 'started as a process by its name',
  'test/bench/peers/jetstream-client.ts': 'started as a process by its name',
};

/** Strings that look like variables of ours and are none of the settings. */
export const otherVariables: Exceptions = {
  CAIRN_SEED: 'a seed of the seeded tests (CONTRIBUTING.md)',
  CAIRN_SEEDS: 'how many seeds (CONTRIBUTING.md)',
  CAIRN_SEED_FROM: 'the first seed (CONTRIBUTING.md)',
};
