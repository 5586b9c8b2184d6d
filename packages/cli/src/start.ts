#!/usr/bin/env node
/**
 * What the system starts as `mlld`. Checks the Node version before anything that needs it is loaded, and takes the short way to
 * `mlld run`: one file of CommonJS, with the code that V8 compiled of it the last time.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { loadCompiled } from './compile-cache.ts';

/** The build puts both beside this file, and says what the second one's digest is. */
const allCommands = './mlld.js';
const program = 'program.cjs';
declare const programDigest: string;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const words = process.argv.slice(2);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `mlld needs Node 20.19 or newer, this is ${process.versions.node}. Get it from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else if (words[0] === 'run' && words[1] !== '--help' && words[1] !== '-h') {
  const { exports, keep } = loadCompiled(path.join(__dirname, program), {
    digest: programDigest,
    home: process.env.HOME || homedir(),
    require,
  });
  const { runProgram, areEngineFlagsSet } = exports as typeof import('./program.ts');
  void runProgram(words.slice(1)).then((code) => {
    process.exitCode = code;
    keep(areEngineFlagsSet());
  });
} else void import(allCommands);
