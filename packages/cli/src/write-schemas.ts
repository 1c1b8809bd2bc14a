/**
 * Writes the JSON Schema that editors use for `channels/*.yaml`: `node packages/cli/dist/write-schemas.js`.
 *
 * A test holds the committed file to what the zod schema says.
 */
import { writeFileSync } from 'node:fs';
import { channelJsonSchema } from './local/channel-file.ts';

const path = new URL('../../../channels/channel.schema.json', import.meta.url);
writeFileSync(path, `${JSON.stringify(channelJsonSchema(), null, 2)}\n`);
