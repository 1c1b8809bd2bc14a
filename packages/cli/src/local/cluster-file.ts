/**
 * `cluster.json`: what runs where in a local cluster. Written by `init` and kept true by up, down, start, stop and kill.
 *
 * It is complete, every `pid` included, once `up` says ready. `pid` is null for what does not run.
 */
import { existsSync, readFileSync } from 'node:fs';
import { exitCodes } from '@cairn/transport';
import { z } from 'zod';
import { CommandError, unavailable } from '../errors.ts';
import { writeFileAtomically } from './files.ts';
import type { Home } from './home.ts';

const ordererEntrySchema = z.object({
  name: z.string(),
  pid: z.number().int().nullable(),
  /** URLs of the two listeners. */
  http: z.string(),
  operations: z.string(),
  /** Absolute paths. */
  data: z.string(),
  log: z.string(),
});

const clusterFileSchema = z.object({
  /** URL of the NATS server. */
  nats: z.string(),
  /** Absolute path of the client's NATS seed. */
  creds: z.string(),
  orderers: z.array(ordererEntrySchema),
  channels: z.array(z.string()),
});

export type ClusterFile = z.output<typeof clusterFileSchema>;
export type OrdererEntry = z.output<typeof ordererEntrySchema>;

/** Null where there is none. A damaged file is an error that says how to get a new one. */
export function readClusterFile(home: Home): ClusterFile | null {
  if (!existsSync(home.clusterFile)) return null;
  try {
    return clusterFileSchema.parse(JSON.parse(readFileSync(home.clusterFile, 'utf8')));
  } catch {
    throw new CommandError(
      'CLUSTER_MISMATCH',
      exitCodes.refused,
      `${home.clusterFile} is not a cluster file; remove it and run "cairn init" to write it anew.`,
    );
  }
}

export function requireClusterFile(home: Home): ClusterFile {
  const cluster = readClusterFile(home);
  if (cluster !== null) return cluster;
  throw unavailable(
    'NOT_INITIALISED',
    `There is no cluster in ${home.directory}; "cairn up" makes and starts one, --dir names another directory.`,
  );
}

export function requireOrderer(cluster: ClusterFile, name: string): OrdererEntry {
  const entry = cluster.orderers.find((orderer) => orderer.name === name);
  if (entry !== undefined) return entry;
  const names = cluster.orderers.map((orderer) => orderer.name).join(', ');
  throw new CommandError(
    'NOT_FOUND',
    exitCodes.notFound,
    `There is no orderer "${name}" in this cluster; it has ${names}.`,
  );
}

export function writeClusterFile(home: Home, cluster: ClusterFile): void {
  writeFileAtomically(home.clusterFile, `${JSON.stringify(cluster, null, 2)}\n`);
}

/** The file with one orderer's process id changed. */
export function withPid(cluster: ClusterFile, name: string, pid: number | null): ClusterFile {
  const orderers = cluster.orderers.map((entry) =>
    entry.name === name ? { ...entry, pid } : entry,
  );
  return { ...cluster, orderers };
}
