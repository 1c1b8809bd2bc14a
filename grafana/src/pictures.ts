/**
 * `npm run pictures`: the pictures of the documentation. A cluster of five, work on it, a real Prometheus beside it; the
 * committed dashboards in the previewer, photographed with headless Chromium before, while and after the leader is down.
 *
 *   npm run pictures                 all of them, into docs/pictures
 *   npm run pictures -- --preview    the same set-up, and the previewer to look at, until Ctrl-C
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Browser, chromium, type Page } from 'playwright-core';
import { startLoad } from './load.ts';
import { startPreview } from './preview.ts';
import { ask } from './watch/ask.ts';
import { ensurePrometheus, prometheusMissing } from './watch/programs.ts';
import { startPrometheus } from './watch/prometheus.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
const cairnProgram = join(checkout, 'packages', 'cli', 'bin', 'cairn.js');
const pictures = join(checkout, 'docs', 'pictures');

const CHANNEL = 'mychannel';
const WINDOW_SECONDS = 180;
const WARM_UP_MS = (WINDOW_SECONDS + 20) * 1000;
/** Longer than it takes the alerts to fire. */
const DOWN_MS = 80_000;
const BACK_MS = 50_000;
const WIDTH = 1600;
/** The picture of the README shows the channel dashboard down to this section. */
const SECTION_BELOW_TOP = 'How blocks fill';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

interface ClusterFile {
  readonly orderers: readonly {
    readonly name: string;
    readonly http: string;
    readonly operations: string;
  }[];
}

function ensureChromium(): string {
  const program = '/usr/bin/chromium';
  if (!existsSync(program) && process.getuid?.() === 0) {
    say('Installing Chromium: apt-get install chromium');
    const words = [
      'install',
      '-y',
      '-q',
      '--no-install-recommends',
      'chromium',
      'fonts-dejavu-core',
    ];
    spawnSync('apt-get', words, { stdio: ['ignore', 2, 2] });
  }
  if (existsSync(program)) return program;
  throw new Error(
    'There is no /usr/bin/chromium on this machine. Install it ("apt install chromium").',
  );
}

interface Shot {
  readonly dashboard: string;
  readonly file: string;
  readonly channel?: string;
  /** Only what is above the section with this title. */
  readonly above?: string;
}

async function shoot(browser: Browser, previewUrl: string, shot: Shot): Promise<void> {
  const { dashboard, file, channel = '.*', above } = shot;
  const to = Math.floor(Date.now() / 1000) - 1;
  const page = await browser.newPage({ viewport: { width: WIDTH, height: 1000 } });
  const from = to - WINDOW_SECONDS;
  await page.goto(`${previewUrl}/?dashboard=${dashboard}&channel=${channel}&from=${from}&to=${to}`);
  await page.waitForFunction('document.body.dataset.state !== undefined', null, {
    timeout: 60_000,
  });
  const { state, empty } = (await page.evaluate('({ ...document.body.dataset })')) as Record<
    string,
    string
  >;
  if (state !== 'drawn') throw new Error(`${file}: ${state}`);
  const path = join(pictures, file);
  const clip = above === undefined ? {} : { clip: await topDownTo(page, above) };
  await page.screenshot({ path, fullPage: true, ...clip });
  await page.close();
  say(`docs/pictures/${file}  (panels without data: ${empty})`);
}

async function topDownTo(page: Page, section: string) {
  const box = await page.locator('section.row', { hasText: section }).boundingBox();
  if (box === null) throw new Error(`The dashboard has no section "${section}".`);
  return { x: 0, y: 0, width: WIDTH, height: Math.floor(box.y) };
}

/** Before, while and after the leader is down. */
async function takeAll(browser: Browser, previewUrl: string, stage: Stage): Promise<void> {
  const { prometheusUrl, cairn } = stage;
  const channelShot = (when: string): Shot => ({
    dashboard: 'channel',
    channel: CHANNEL,
    file: `channel-${when}.png`,
  });
  await sleep(WARM_UP_MS);
  await shoot(browser, previewUrl, channelShot('before'));
  const [leading] = await ask(prometheusUrl, `cairn_raft_is_leader{channel="${CHANNEL}"} == 1`);
  const leader = leading?.labels.instance ?? '';
  say(`kill ${leader}`);
  await cairn('kill', leader);
  await sleep(DOWN_MS);
  await shoot(browser, previewUrl, channelShot('during'));
  await shoot(browser, previewUrl, { dashboard: 'overview', file: 'overview.png' });
  say(`start ${leader}`);
  await cairn('start', leader);
  await sleep(BACK_MS);
  await shoot(browser, previewUrl, channelShot('after'));
  const top = { ...channelShot('after'), file: 'leader-change.png', above: SECTION_BELOW_TOP };
  await shoot(browser, previewUrl, top);
  await shoot(browser, previewUrl, { dashboard: 'orderer', file: 'orderer.png' });
}

interface Stage {
  readonly prometheusUrl: string;
  cairn(...words: string[]): Promise<unknown>;
}

async function onStage(directory: string, act: (stage: Stage) => Promise<void>): Promise<void> {
  const program = ensurePrometheus(process.env, say);
  if (program === null) throw new Error(prometheusMissing(process.env));
  const cairn = (...words: string[]) =>
    promisify(execFile)(process.execPath, [cairnProgram, ...words, '--dir', directory]);
  const ports = ['--nats-port', '--http-port', '--operations-port'].flatMap((flag) => [flag, '0']);
  await cairn('up', '--detach', '--channels-dir', join(checkout, 'channels'), ...ports);
  const file = readFileSync(join(directory, 'cluster.json'), 'utf8');
  const { orderers }: ClusterFile = JSON.parse(file);
  const place = { program, directory: join(directory, 'prometheus'), port: 9490 };
  const prometheus = await startPrometheus({ ...place, intervalSeconds: 2, orderers });
  const work = { cairnProgram, directory, doors: orderers.map(({ http }) => http) };
  const loads = [
    startLoad({ ...work, channel: CHANNEL, rate: 300 }),
    startLoad({ ...work, channel: 'audit', rate: 20 }),
  ];
  try {
    await act({ prometheusUrl: prometheus.url, cairn });
  } finally {
    await Promise.all(loads.map((stop) => stop()));
    await prometheus.stop();
    await cairn('down');
  }
}

async function main(): Promise<void> {
  const isPreview = process.argv.includes('--preview');
  const directory = mkdtempSync(join(tmpdir(), 'cairn-pictures-'));
  try {
    await onStage(directory, async (stage) => {
      const preview = await startPreview(stage.prometheusUrl, isPreview ? 9491 : 0);
      if (isPreview) {
        say(`${preview.url}/?dashboard=channel  (overview, orderer)  until Ctrl-C`);
        await new Promise((interrupted) => process.once('SIGINT', interrupted));
        return preview.close();
      }
      const executablePath = ensureChromium();
      const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
      await takeAll(browser, preview.url, stage).finally(() => browser.close());
      preview.close();
    });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

await main();
