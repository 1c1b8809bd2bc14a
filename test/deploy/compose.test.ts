import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { loadOrdererConfig, ordererSettings } from '@cairn/orderer/settings';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { cairn } from '../support/cluster.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import { composeFile, composeServices } from './support/compose.ts';

const services = composeServices();
const folder = join(checkout, 'deploy', 'compose');
const ordererNames = ['orderer1', 'orderer2', 'orderer3', 'orderer4', 'orderer5'];
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const hasDockerCompose = spawnSync('docker-compose', ['version']).status === 0;

describe('the compose file', () => {
  test.skipIf(!hasDockerCompose)('is accepted by docker-compose', () => {
    const parameters = ['--file', composeFile, 'config', '--quiet'];
    const { status, stderr } = spawnSync('docker-compose', parameters, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
  });

  test('has three NATS servers, five orderers, Prometheus and Grafana', () => {
    expect(Object.keys(services).sort()).toEqual(
      [...ordererNames, 'cairn', 'grafana', 'init', 'nats1', 'nats2', 'nats3', 'prometheus'].sort(),
    );
  });

  test('names every image by an exact version', () => {
    const images = Object.values(services).map(({ image }) => image);
    const foreign = images.filter((image) => image !== 'cairn:local');
    expect(foreign.filter((image) => !/:v?\d+\.\d+\.\d+(-[a-z]+)?$/.test(image))).toEqual([]);
  });

  test('builds its own image once, from this repository, before anybody needs it', () => {
    const builders = Object.entries(services).filter(([, { build }]) => build !== undefined);
    expect(builders.map(([name]) => name)).toEqual(['init']);
    expect(join(folder, builders[0]![1].build!.context, '/')).toBe(join(checkout, '/'));
  });

  test('opens no port beyond this machine', () => {
    const ports = Object.values(services).flatMap((service) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(10);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
    const published = ports.map((port) => port.split(':')[1]);
    expect(new Set(published).size).toBe(published.length);
  });

  test('mounts only what is there', () => {
    const mounted = Object.values(services).flatMap((service) => service.volumes ?? []);
    const paths = mounted.map((mount) => mount.split(':')[0]!).filter((path) => /^\./.test(path));
    expect(paths.length).toBeGreaterThan(3);
    expect(paths.filter((path) => !existsSync(join(folder, path)))).toEqual([]);
  });

  test('gives Prometheus every orderer by its name', () => {
    const targets = readFileSync(join(folder, 'targets', 'cairn.json'), 'utf8');
    const named = JSON.parse(targets).map(
      (entry: { targets: string[]; labels: { instance: string } }) => ({
        [entry.labels.instance]: entry.targets,
      }),
    );
    expect(named).toEqual(ordererNames.map((name) => ({ [name]: [`${name}:9100`] })));
  });

  test.skipIf(!hasPromtool)(
    'gives Prometheus a configuration that it takes, as the container sees it',
    () => {
      const laidOut = makeGuardedDirectory('cairn-prometheus-');
      try {
        cpSync(join(checkout, 'deploy', 'prometheus'), laidOut.path, { recursive: true });
        cpSync(join(folder, 'targets'), join(laidOut.path, 'targets'), { recursive: true });
        const parameters = ['check', 'config', join(laidOut.path, 'prometheus.yml')];
        const { status, stdout, stderr } = spawnSync('promtool', parameters, { encoding: 'utf8' });
        expect(status, stdout + stderr).toBe(0);
      } finally {
        void laidOut.remove();
      }
      const mounts = services.prometheus?.volumes ?? [];
      expect(mounts).toContain('../prometheus:/etc/prometheus:ro');
      expect(mounts).toContain('./targets:/etc/prometheus/targets:ro');
    },
  );

  test('gives Grafana its dashboards, where its provisioning looks for them', () => {
    const mounts = services.grafana?.volumes ?? [];
    const provisioning = join(checkout, 'grafana', 'provisioning');
    const provider = readFileSync(join(provisioning, 'dashboards', 'cairn.yaml'), 'utf8');
    expect(provider).toContain('path: /etc/grafana/dashboards');
    expect(mounts).toContain('../../grafana/dashboards:/etc/grafana/dashboards:ro');
    const home = services.grafana?.environment?.GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH ?? '';
    expect(existsSync(join(checkout, 'grafana', 'dashboards', basename(home)))).toBe(true);
    const datasource = readFileSync(join(provisioning, 'datasources', 'prometheus.yaml'), 'utf8');
    const variables = [...datasource.matchAll(/\$\{(\w+)\}/g)].map(([, name = '']) => name);
    expect(variables.filter((name) => !(name in services.grafana!.environment!))).toEqual([]);
  });
});

describe('what its services are told', () => {
  let directory: GuardedDirectory;
  beforeAll(async () => {
    directory = makeGuardedDirectory('cairn-compose-');
    const words = services.init!.command!.map((word) =>
      word.replace('/etc/cairn', directory.path).replace('/channels', join(checkout, 'channels')),
    );
    const made = await cairn(words);
    expect(made).toMatchObject({ exitCode: 0, stderr: '' });
  });
  afterAll(() => directory?.remove());

  /** A path in the container's volume as one in what init made here. */
  const here = (path: string): string => path.replace('/etc/cairn', directory.path);

  test.each(ordererNames)('makes a configuration for %s that can be started', (name) => {
    const { command, environment, ports } = services[name]!;
    const [verb, flag, path = ''] = command!;
    expect([verb, flag]).toEqual(['orderer', '--config']);
    const config = loadOrdererConfig(here(path), environment!);
    expect(config).toMatchObject({
      name,
      directory: '/var/lib/cairn',
      http: { host: '0.0.0.0', port: 8080 },
      operations: { host: '0.0.0.0', port: 9100 },
    });
    expect(config.nats.servers.map((url) => new URL(url).hostname)).toEqual([
      ...['nats1', 'nats2', 'nats3'],
    ]);
    expect(config.channels.map((channel) => channel.name)).toEqual(['audit', 'mychannel']);
    expect(ports?.map((port) => port.split(':').at(-1))).toEqual(['8080', '9100']);
  });

  test('uses no variable that is not a setting', () => {
    const known = ordererSettings.map(({ variable }) => variable);
    const used = ordererNames.flatMap((name) => Object.keys(services[name]!.environment!));
    expect(used.filter((variable) => !known.includes(variable))).toEqual([]);
  });

  test('names keys and users that init makes', () => {
    const { CAIRN_NKEY = '', CAIRN_INBOX_PREFIX } = services.cairn!.environment!;
    expect(existsSync(here(CAIRN_NKEY))).toBe(true);
    const users = readFileSync(here('/etc/cairn/nats/users.conf'), 'utf8');
    expect(users).toContain(`"${CAIRN_INBOX_PREFIX}.>"`);
  });
});
