/**
 * Preloaded (`node --import`) by a process that is to run one mutant, whose name is its first argument: from here on that
 * one file is loaded with the bug in it.
 */
import { register } from 'node:module';
import { mutantNamed } from './all.ts';

const mutant = mutantNamed(process.argv[2] ?? '');
register(new URL('./hooks.js', import.meta.url), { data: mutant });
