/**
 * Bugs of what is stored: left out, not checked, or read as something else.
 */
import type { Mutant } from './mutant.ts';

export const diskMutants: readonly Mutant[] = [
  {
    name: 'commit index one behind on disk',
    bug: 'B-14',
    does: 'the commit index on disk is one lower than what it stands for',
    file: 'store/dist/records.js',
    find: '.u64(state.hard.commit); record.u64(state.first)',
    replace: '.u64(Math.max(1, state.hard.commit - 1)); record.u64(state.first)',
    expects: ['I-12', 'I-15', 'promise 6', 'I-21'],
    profile: 'crashes',
  },
  {
    name: 'records not checked',
    bug: 'B-16',
    does: 'a record is used although its checksum does not hold',
    file: 'store/dist/records.js',
    find: 'crc32(record, crc32(key)) === CHECKED;',
    replace: 'record.length >= 0;',
    expects: ['scenario', 'I-15', 'I-21'],
    profile: 'disks',
    scenario: 'B-16',
  },
  {
    name: 'blocks not checked',
    bug: 'B-17',
    does: 'a stored block is served although its checksum does not hold',
    file: 'store/dist/reading.js',
    find: 'bytes.length !== record.length || blockChecksum(key, bytes) !== record.checksum',
    replace: 'bytes.length !== record.length',
    expects: ['scenario', 'promise 3', 'I-16'],
    profile: 'disks',
    scenario: 'B-17',
  },
  {
    name: 'damage read as the end of the log',
    bug: 'B-17',
    does: 'where the newest entry is damaged the log is taken to end before it',
    file: 'store/dist/reading.js',
    find: 'const newest = neededLogRecord(disk, place, core.last);',
    replace: `let newest = null;
      while (newest === null) {
        try { newest = neededLogRecord(disk, place, core.last); } catch { core.last -= 1; }
      }
      core.newestNumber = newest.newestNumber;
      core.hard = { ...core.hard, commit: Math.min(core.hard.commit, core.last) };
      while (terms.at(-1).first > core.last) terms.pop();`,
    expects: ['scenario', 'I-15', 'I-12'],
    profile: 'disks',
    scenario: 'B-17 newest',
  },
];
