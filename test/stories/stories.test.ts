import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { play } from './play.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const stories = readdirSync(folder).filter((name) => name.endsWith('.txt'));

describe('the story', () => {
  test.each(stories)('%s happens as it is written', (name) => {
    const written = readFileSync(`${folder}/${name}`, 'utf8');
    const played = play(written);
    if (process.env.CAIRN_UPDATE === '1') writeFileSync(`${folder}/${name}`, played);
    else expect(played).toBe(written);
  });
});
