import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadOrdererConfig, type OrdererConfig } from '@cairn/orderer/settings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { cairn } from '../support/cluster.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import { kustomize } from './support/kustomize.ts';
import { faultsOf, type Manifest, manifestsIn } from './support/manifests.ts';

const kubectl = spawnSync('kubectl', ['version', '--client'], { encoding: 'utf8' });
const hasKubectl = /^Kustomize Version: v[5-9]/m.test(kubectl.stdout ?? '');
const source = (path: string): Manifest[] =>
  manifestsIn(readFileSync(join(checkout, 'deploy', 'kubernetes', path), 'utf8'));

const written = [
  ...['base/nats.yaml', 'base/orderer.yaml', 'monitoring/rules.yaml'],
  ...['monitoring/service-monitor.yaml', 'overlays/development/namespace.yaml'],
  'overlays/production/namespace.yaml',
];

describe('the manifests as they are written', () => {
  test.each(written)('%s says only what the schemas of Kubernetes know', (path) => {
    const manifests = source(path);
    expect(manifests.length).toBeGreaterThan(0);
    expect(manifests.flatMap(faultsOf)).toEqual([]);
  });

  test('are all of those there are', () => {
    const folder = join(checkout, 'deploy', 'kubernetes');
    const found = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.yaml') && !path.includes('/cluster/'))
      .filter((path) => !path.endsWith('kustomization.yaml'));
    expect(found.sort()).toEqual([...written].sort());
  });

  test.each([
    ['a field that is misspelt', 'readOnlyRootFilesystem', 'readOnlyRootFileSystem'],
    ['a section that is misspelt', 'updateStrategy', 'updateStratgy'],
    ['a number that is a word', 'replicas: 3', 'replicas: three'],
    ['a kind that does not exist', 'kind: PodDisruptionBudget', 'kind: DisruptionBudget'],
    ['a value that is not allowed', 'Parallel', 'AllAtOnce'],
  ])('would not pass with %s', (_what, from, to) => {
    const text = readFileSync(join(checkout, 'deploy/kubernetes/base/orderer.yaml'), 'utf8');
    expect(text).toContain(from);
    expect(manifestsIn(text.replace(from, to)).flatMap(faultsOf)).not.toEqual([]);
  });

  test('let nothing run as root, with privileges, or on a file system it may write', () => {
    const sets = [...source('base/nats.yaml'), ...source('base/orderer.yaml')].filter(
      ({ kind }) => kind === 'StatefulSet',
    );
    expect(sets).toHaveLength(2);
    for (const { spec } of sets) {
      const pod = spec.template.spec;
      expect(pod).toMatchObject({
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
      });
      for (const container of pod.containers) {
        expect(container.securityContext).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(container.resources.limits.memory).toMatch(/i$/);
      }
    }
  });
});

/** In one order, without the hashes, which are computed in different ways, and without line breaks in base64. */
function comparable(manifests: readonly Manifest[]): unknown[] {
  const text = (manifest: Manifest): string =>
    JSON.stringify(manifest, (_key, value) =>
      typeof value === 'string' && /^[A-Za-z0-9+/=\n]+$/.test(value)
        ? value.replaceAll('\n', '')
        : value,
    ).replace(
      /("(?:orderer-configuration|orderer-keys|channels|nats-users|nats-configuration))-[a-z0-9]{10}"/g,
      '$1"',
    );
  return manifests
    .map((manifest) => JSON.parse(text(manifest)) as Manifest)
    .toSorted((left, right) => nameOf(left).localeCompare(nameOf(right)));
}

const nameOf = ({ kind, metadata }: Manifest): string => `${kind}/${metadata.name}`;

describe.each([
  ['development', 3],
  ['production', 5],
])('the overlay %s', (overlay, count) => {
  let directory: GuardedDirectory;
  let manifests: Manifest[];

  beforeAll(async () => {
    directory = makeGuardedDirectory('cairn-kubernetes-');
    for (const folder of ['deploy', 'grafana']) {
      const filter = (path: string): boolean => !/node_modules|dist|[\\/]cluster$/.test(path);
      cpSync(join(checkout, folder), join(directory.path, folder), { recursive: true, filter });
    }
    const place = join(directory.path, 'deploy', 'kubernetes', 'overlays', overlay);
    const channels = join(checkout, 'channels');
    const words = ['init', '--dir', join(place, 'cluster'), '--orderers', `${count}`];
    expect((await cairn([...words, '--channels-dir', channels])).exitCode).toBe(0);
    manifests = kustomize(place);
  });
  afterAll(() => directory?.remove());

  test.skipIf(!hasKubectl)('is what kubectl makes of it', () => {
    const place = join(directory.path, 'deploy', 'kubernetes', 'overlays', overlay);
    const text = execFileSync('kubectl', ['kustomize', place], { encoding: 'utf8' });
    expect(comparable(manifests)).toEqual(comparable(manifestsIn(text)));
  });

  /** Kustomize puts a hash behind the names of what it has made. */
  const find = (kind: string, name: string): Manifest => {
    const found = manifests.find(
      (manifest) =>
        manifest.kind === kind &&
        new RegExp(`^${name}(-[a-z0-9]{10})?$`).test(manifest.metadata.name),
    );
    if (found === undefined) throw new Error(`There is no ${kind} ${name}.`);
    return found;
  };

  test('says only what the schemas of Kubernetes know', () => {
    expect(manifests.flatMap(faultsOf)).toEqual([]);
  });

  test('names nothing that is not there, and everything in one namespace', () => {
    const names = new Set(manifests.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
    const pods = manifests.filter(({ kind }) => kind === 'StatefulSet').map(({ spec }) => spec);
    const volumes = pods.flatMap((spec) => spec.template.spec.volumes);
    const sources = volumes.flatMap((volume) => volume.projected?.sources ?? [volume]);
    const named = sources.flatMap(({ configMap, secret }) => [
      ...(configMap === undefined ? [] : [`ConfigMap/${configMap.name}`]),
      ...(secret === undefined ? [] : [`Secret/${secret.secretName}`]),
    ]);
    expect(named).toHaveLength(5);
    expect(named.filter((name) => !names.has(name))).toEqual([]);
    expect(pods.filter(({ serviceName }) => !names.has(`Service/${serviceName}`))).toEqual([]);
    const namespaces = new Set(manifests.map(({ metadata }) => metadata.namespace));
    expect(namespaces).toEqual(
      new Set([
        undefined,
        find('Namespace', overlay === 'production' ? 'cairn' : 'cairn-development').metadata.name,
      ]),
    );
  });

  /** What the container of one pod would find under /etc/cairn, laid out here; and its variables. */
  function layOut(number: number): { root: string; environment: Record<string, string> } {
    const { spec } = find('StatefulSet', 'orderer');
    const [container] = spec.template.spec.containers;
    const environment: Record<string, string> = {};
    const expand = (text: string): string =>
      text.replace(/\$\((\w+)\)/g, (_all, name) => environment[name] ?? '');
    for (const { name, value } of container.env) {
      environment[name] = value === undefined ? `${number}` : expand(value);
    }
    const root = join(directory.path, `pod${number}`);
    const sourceOf = {
      configuration: find('ConfigMap', 'orderer-configuration').data,
      channels: find('ConfigMap', 'channels').binaryData,
      keys: find('Secret', 'orderer-keys').data,
    } as Record<string, Record<string, string>>;
    for (const { name, mountPath, subPathExpr } of container.volumeMounts) {
      const files = sourceOf[name];
      if (files === undefined) continue;
      const bytes = (key: string): Buffer =>
        Buffer.from(files[key]!, name === 'configuration' ? 'utf8' : 'base64');
      mkdirSync(join(root, subPathExpr === undefined ? mountPath : join(mountPath, '..')), {
        recursive: true,
      });
      if (subPathExpr === undefined) {
        for (const key of Object.keys(files)) writeFileSync(join(root, mountPath, key), bytes(key));
      } else {
        writeFileSync(join(root, mountPath), bytes(expand(subPathExpr)));
        chmodSync(join(root, mountPath), 0o400);
      }
    }
    return { root, environment };
  }

  const configOf = (number: number): OrdererConfig => {
    const { root, environment } = layOut(number);
    const inRoot = Object.entries(environment).map(([name, value]) => [
      name,
      value.replace(/^\/etc\/cairn/, join(root, 'etc', 'cairn')),
    ]);
    const file = join(root, 'etc', 'cairn', 'orderers', `${environment.CAIRN_NAME}.yaml`);
    return loadOrdererConfig(file, Object.fromEntries(inRoot));
  };

  test('gives every pod a configuration, keys and channels it can start with', () => {
    expect(find('StatefulSet', 'orderer').spec).toMatchObject({
      replicas: count,
      ordinals: { start: 1 },
    });
    const numbers = Array.from({ length: count }, (_, at) => at + 1);
    const configs = numbers.map(configOf);
    expect(configs.map(({ name }) => name)).toEqual(numbers.map((number) => `orderer${number}`));
    const seeds = configs.map(({ keys }) => readFileSync(keys.signingSeedFile, 'utf8'));
    expect(new Set(seeds).size).toBe(count);
    for (const config of configs) {
      expect(config.directory).toBe('/var/lib/cairn');
      expect(config.http).toEqual({ host: '0.0.0.0', port: 8080 });
      expect(config.channels.map(({ name }) => name)).toEqual(['audit', 'mychannel']);
      const hosts = config.nats.servers.map((server) => new URL(server).hostname);
      expect(hosts).toEqual([
        'nats-0.nats-headless',
        'nats-1.nats-headless',
        'nats-2.nats-headless',
      ]);
    }
  });

  test('keeps a majority while machines are taken away one by one', () => {
    expect(find('PodDisruptionBudget', 'orderer').spec.maxUnavailable).toBe(1);
    expect(find('PodDisruptionBudget', 'nats').spec.maxUnavailable).toBe(1);
    expect(count).toBeGreaterThanOrEqual(3);
  });

  test('gives the NATS servers the configuration that compose and the tests use', () => {
    const configuration = find('ConfigMap', 'nats-configuration').data['nats-server.conf'];
    const file = join(checkout, 'deploy', 'nats', 'nats-server.conf');
    expect(configuration).toBe(readFileSync(file, 'utf8'));
    const { args } = find('StatefulSet', 'nats').spec.template.spec.containers[0];
    expect(args).toContain('--cluster=nats://0.0.0.0:6222');
  });

  test('has monitoring where the Prometheus operator is expected, with every dashboard', () => {
    const kinds = new Set(manifests.map(({ kind }) => kind));
    const isProduction = overlay === 'production';
    expect(kinds.has('ServiceMonitor') && kinds.has('PrometheusRule')).toBe(isProduction);
    if (!isProduction) return;
    const { metadata, data } = find('ConfigMap', 'cairn-dashboards');
    expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
    const files = readdirSync(join(checkout, 'grafana', 'dashboards'));
    expect(Object.keys(data).sort()).toEqual(files.filter((file) => file.endsWith('.json')).sort());
    const { selector, endpoints } = find('ServiceMonitor', 'cairn').spec;
    const { metadata: labelled, spec } = find('Service', 'orderer');
    expect(labelled.labels).toMatchObject(selector.matchLabels);
    const ports = spec.ports.map(({ name }: { name: string }) => name);
    expect(ports).toContain(endpoints[0].port);
  });
});
