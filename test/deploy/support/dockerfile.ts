/**
 * The steps of a Dockerfile, executed in folders of this machine instead of containers: enough to prove that the files it
 * copies exist, that its commands succeed on nothing but these files, and that what comes out runs.
 *
 * A stage is a folder; absolute paths are paths in it. Commands run in the working directory of the stage with the programs
 * of this machine, so they must not name absolute paths. What only says how a container is run is not carried out.
 */
import { execFile } from 'node:child_process';
import { cpSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';

export interface Instruction {
  readonly name: string;
  readonly text: string;
}

/** Comments dropped, continued lines joined. */
export function instructionsOf(dockerfile: string): Instruction[] {
  return dockerfile
    .split('\n')
    .filter((line) => !line.trimStart().startsWith('#'))
    .join('\n')
    .replace(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', text = ''] = /^([A-Z]+)\s+(.*)$/.exec(line) ?? [];
      return { name, text: text.replace(/\s+/g, ' ') };
    });
}

/** `.dockerignore`: the last pattern that matches decides. */
export function ignoredBy(patterns: string): (path: string) => boolean {
  const rules = patterns
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => ({ keeps: line.startsWith('!'), pattern: patternOf(line.replace(/^!/, '')) }));
  return (path) =>
    rules.reduce((ignored, { keeps, pattern }) => (pattern.test(path) ? !keeps : ignored), false);
}

/** `*` within a part of the path, `**` across parts; a folder stands for all that is in it. */
function patternOf(glob: string): RegExp {
  const source = glob
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('**/', '\u0000')
    .replaceAll('*', '[^/]*')
    .replaceAll('\u0000', '(?:.*/)?');
  return new RegExp(`^${source}(?:/.*)?$`);
}

export interface Build {
  /** Where the files come from: the checkout. */
  readonly context: string;
  readonly dockerfile: string;
  /** Where the stages go. */
  readonly directory: string;
}

interface Stage {
  readonly root: string;
  workingDirectory: string;
}

interface StagePlan {
  readonly name: string;
  readonly base: string;
  readonly steps: readonly Instruction[];
}

function stagesOf(dockerfile: string): StagePlan[] {
  const plans: { name: string; base: string; steps: Instruction[] }[] = [];
  for (const instruction of instructionsOf(dockerfile)) {
    if (instruction.name === 'FROM') {
      const [base = '', , name = `stage${plans.length}`] = instruction.text.split(' ');
      plans.push({ name, base, steps: [] });
    } else plans.at(-1)?.steps.push(instruction);
  }
  return plans;
}

/** Builds every stage, as the engine does at the same time where none waits for another; returns the folder of the last. */
export async function build({ context, dockerfile, directory }: Build): Promise<string> {
  const clean = join(directory, 'context');
  copyContext(context, clean);
  const stages = new Map<string, Promise<Stage>>();
  for (const plan of stagesOf(dockerfile)) {
    stages.set(plan.name, buildStage(plan, { directory, context: clean, stages }));
  }
  const built = await Promise.all(stages.values());
  return built.at(-1)!.root;
}

interface Surroundings {
  readonly directory: string;
  readonly context: string;
  /** Those that stand before in the file. */
  readonly stages: ReadonlyMap<string, Promise<Stage>>;
}

async function buildStage(plan: StagePlan, surroundings: Surroundings): Promise<Stage> {
  const base = await surroundings.stages.get(plan.base);
  const stage = await newStage(plan.name, base, surroundings.directory);
  for (const { name, text } of plan.steps) {
    if (name === 'WORKDIR') {
      stage.workingDirectory = inStage(stage, text);
      mkdirSync(stage.workingDirectory, { recursive: true });
    } else if (name === 'COPY') await copy(text, stage, surroundings);
    else if (name === 'RUN') await run(text, stage);
  }
  return stage;
}

/** What would be sent to the engine. */
function copyContext(context: string, clean: string): void {
  const isIgnored = ignoredBy(readFileSync(join(context, '.dockerignore'), 'utf8'));
  const isWanted = (path: string): boolean => {
    const name = relative(context, path);
    if (name === '' || !isIgnored(name)) return true;
    // A folder is left out as a whole only if nothing in it could be wanted again.
    return lstatSync(path).isDirectory() && ['grafana', 'packages', 'test'].includes(name);
  };
  mkdirSync(clean, { recursive: true });
  for (const entry of readdirSync(context)) {
    const source = join(context, entry);
    if (isWanted(source)) cpSync(source, join(clean, entry), { recursive: true, filter: isWanted });
  }
}

async function newStage(name: string, base: Stage | undefined, directory: string): Promise<Stage> {
  const root = join(directory, 'stages', name);
  mkdirSync(root, { recursive: true });
  if (base === undefined) return { root, workingDirectory: root };
  await copyTree(base.root, root);
  return { root, workingDirectory: join(root, relative(base.root, base.workingDirectory)) };
}

const inStage = ({ root, workingDirectory }: Stage, path: string): string =>
  path.startsWith('/') ? join(root, path) : join(workingDirectory, path);

async function copy(text: string, stage: Stage, { context, stages }: Surroundings): Promise<void> {
  const words = text.split(' ');
  const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
  const paths = words.filter((word) => !word.startsWith('--'));
  const root = from === undefined ? context : (await stages.get(from))!.root;
  const written = paths.at(-1)!;
  for (const path of paths.slice(0, -1)) {
    const source = join(root, path);
    if (!existsSync(source)) throw new Error(`COPY ${text}: there is no ${path}`);
    if (lstatSync(source).isDirectory()) await copyTree(source, inStage(stage, written));
    else copyFile(source, inStage(stage, written), written);
  }
}

/** A folder's content, links as links. */
async function copyTree(source: string, target: string): Promise<void> {
  mkdirSync(target, { recursive: true });
  await promisify(execFile)('cp', ['-a', `${source}/.`, target]);
}

/** Into the target if that ends with a slash, otherwise under its name. */
function copyFile(source: string, target: string, written: string): void {
  const place = /[/.]$/.test(written) ? join(target, basename(source)) : target;
  mkdirSync(dirname(place), { recursive: true });
  cpSync(source, place);
}

async function run(command: string, { workingDirectory }: Stage): Promise<void> {
  if (/(^|\s)\/(?!dev\/null)/.test(command)) {
    throw new Error(`RUN ${command}: names an absolute path`);
  }
  // What was downloaded once is not asked for again.
  const env = { ...process.env, NPM_CONFIG_PREFER_OFFLINE: 'true' };
  const settings = { cwd: workingDirectory, env, maxBuffer: 64 * 1024 * 1024, timeout: 280_000 };
  try {
    await promisify(execFile)('/bin/sh', ['-c', command], settings);
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`RUN ${command} failed:\n${stdout}\n${stderr}`);
  }
}
