import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkout } from '../docs/checkout.ts';
import { type GuardedDirectory, makeGuardedDirectory } from '../support/guarded-directory.ts';
import { build, ignoredBy, instructionsOf } from './support/dockerfile.ts';

const dockerfile = readFileSync(join(checkout, 'Dockerfile'), 'utf8');
const instructions = instructionsOf(dockerfile);
const textsOf = (name: string): string[] =>
  instructions.filter((each) => each.name === name).map(({ text }) => text);

describe('the Dockerfile', () => {
  test('names one base image, by an exact version', () => {
    expect(textsOf('ARG')).toEqual([
      expect.stringMatching(/^NODE_IMAGE=node:\d+\.\d+\.\d+-\w+-slim$/),
    ]);
    const others = textsOf('FROM').filter(
      (text) => !/^(\$\{NODE_IMAGE\}|manifests)( AS \w+)?$/.test(text),
    );
    expect(others).toEqual([]);
  });

  test('runs as nobody special, says where it listens, and how its health is asked', () => {
    expect(textsOf('USER')).toEqual(['1000:1000']);
    expect(textsOf('EXPOSE')).toEqual(['8080 9100']);
    expect(textsOf('HEALTHCHECK')[0]).toContain('/livez');
    expect(textsOf('ENTRYPOINT')).toEqual(['["cairn"]']);
  });

  test('copies the manifest of every package, so that none is forgotten when one is added', () => {
    const copied = textsOf('COPY').flatMap(
      (text) => /^(packages\/\w+)\/package\.json /.exec(text)?.[1] ?? [],
    );
    const packages = readdirSync(join(checkout, 'packages')).map((name) => `packages/${name}`);
    const isNeeded = (name: string): boolean => existsSync(join(checkout, name, 'package.json'));
    expect(copied.toSorted()).toEqual(packages.filter(isNeeded).sort());
  });

  test('is sent nothing but what it reads', () => {
    const isIgnored = ignoredBy(readFileSync(join(checkout, '.dockerignore'), 'utf8'));
    const kept = [
      'package.json',
      'packages/cli/src/main.ts',
      'packages/cli/bin/cairn.js',
      'test/package.json',
    ];
    const left = ['.git/config', '.cairn/keys/client.nk', 'node_modules/nats/package.json'];
    const alsoLeft = ['packages/cli/dist/main.js', 'packages/cli/test/main.test.ts', 'test/run.js'];
    expect(kept.filter(isIgnored)).toEqual([]);
    expect([...left, ...alsoLeft].filter((path) => !isIgnored(path))).toEqual([]);
  });
});

describe('its steps, executed in a clean directory', () => {
  let directory: GuardedDirectory;
  let image: string;
  beforeAll(async () => {
    directory = makeGuardedDirectory('cairn-image-');
    image = await build({ context: checkout, dockerfile, directory: directory.path });
  }, 300_000);
  afterAll(() => directory?.remove());

  /** The entry point of the image, with this machine's Node.js. */
  async function cairn(...words: string[]) {
    const program = join(image, 'opt', 'cairn', 'bin', 'cairn');
    try {
      const done = await promisify(execFile)(process.execPath, [program, ...words], { cwd: image });
      return { exitCode: 0, ...done };
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string };
      return { exitCode: code, stdout, stderr };
    }
  }

  test('make a command that runs', async () => {
    expect(await cairn('version')).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^cairn \d/),
    });
  });

  test('make an image without sources, tests and the tools that built it', () => {
    const inImage = (path: string): boolean => existsSync(join(image, 'opt', 'cairn', path));
    expect(inImage('packages/orderer/dist/index.js')).toBe(true);
    expect(inImage('channels/mychannel.yaml')).toBe(true);
    const unwanted = ['packages/orderer/src', 'packages/orderer/test', 'node_modules/typescript'];
    expect([...unwanted, 'node_modules/vitest'].filter(inImage)).toEqual([]);
    expect(existsSync(join(image, 'etc', 'cairn', 'nats'))).toBe(true);
    expect(existsSync(join(image, 'var', 'lib', 'cairn'))).toBe(true);
  });

  test('make everything an orderer loads: it starts, and misses nothing but NATS', async () => {
    const home = join(directory.path, 'home');
    mkdirSync(home);
    const made = await cairn('init', '--dir', home, '--orderers', '1', '--nats-port', '9');
    expect(made).toMatchObject({ exitCode: 0 });
    expect(made.stdout).toContain('made audit, mychannel');
    const dist = join(image, 'opt', 'cairn', 'packages', 'orderer', 'dist', 'index.js');
    const config = join(home, 'orderers', 'orderer1.yaml');
    const script = `
      const { loadOrdererConfig, runOrderer } = await import(${JSON.stringify(dist)});
      const config = loadOrdererConfig(${JSON.stringify(config)}, {});
      process.stdout.write(typeof runOrderer + ' ' + config.name);
    `;
    const parameters = ['--input-type=module', '--eval', script];
    const { stdout } = await promisify(execFile)(process.execPath, parameters, { cwd: image });
    expect(stdout).toContain('function orderer1');
  });
});
