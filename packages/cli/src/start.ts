#!/usr/bin/env node
/**
 * What the system starts as `mlld`. Checks the Node version before anything that needs it is loaded, says its own, and runs every
 * command from the pack that lies beside it.
 */
import { homedir } from 'node:os';
import path from 'node:path';
import { openPack, type Pack } from './pack.ts';
import { ownVersion } from './version.ts';

/** The build says which pack it made. */
declare const packName: string;
declare const packDigest: string;

type Main = typeof import('./main.ts');

/** A server is never done: what it loaded by then is what it needs. Milliseconds. */
const settledAfter = 5000;

function openCommands(word?: string): Pack {
  return openPack(path.join(__dirname, packName), {
    word,
    digest: packDigest,
    home: process.env.HOME || homedir(),
    require,
  });
}

async function start(words: readonly string[]): Promise<void> {
  const word = /^[a-z]{1,32}$/.exec(words[0] ?? '')?.[0];
  const pack = openCommands(word);
  const { areEngineFlagsSet, isCommand, main } = pack.load('main.js') as Main;
  const keep = () => {
    if (word !== undefined && isCommand(word)) pack.keep(areEngineFlagsSet());
  };
  const settled = setTimeout(keep, settledAfter).unref();
  process.exitCode = await main(words);
  clearTimeout(settled);
  keep();
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const words = process.argv.slice(2);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `mlld needs Node 20.19 or newer, this is ${process.versions.node}. Get it from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else if (require.main !== module) {
  // For tests, which run many commands in one process.
  module.exports = openCommands().load('main.js');
} else if (words[0] === '--version' || words[0] === '-v') {
  process.stdout.write(`${ownVersion()}\n`);
} else void start(words);
