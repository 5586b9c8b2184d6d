#!/usr/bin/env node
/**
 * What the system starts as `mlld`. Checks the Node version before anything that needs it is loaded, says its own, and runs every
 * command from the pack that lies beside it.
 */
import { writeSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { openPack, type Pack, type PackOptions } from './pack.ts';
import { ownVersion } from './version.ts';

/** The build says which pack it made. */
declare const packName: string;
declare const packDigest: string;

type Main = typeof import('./main.ts');

/** A server is never done: what it loaded by then is what it needs. Milliseconds. */
const settledAfter = 5000;

function openCommands(command: Pick<PackOptions, 'word' | 'about'> = {}): Pack {
  return openPack(path.join(__dirname, packName), {
    ...command,
    digest: packDigest,
    home: process.env.HOME || homedir(),
    require,
  });
}

async function start(words: readonly string[]): Promise<void> {
  const word = /^[a-z]{1,32}$/.exec(words[0] ?? '')?.[0];
  const pack = openCommands({ word, about: words.slice(1).find((one) => !one.startsWith('-')) });
  const { giveEngine, isCommand, main, wasEngineUsed, writeDirectly } = pack.load('main.js') as Main;
  if (pack.engine !== undefined) giveEngine(pack.engine);
  await pack.begin();
  writeDirectly();
  const keep = () => {
    if (word !== undefined && isCommand(word)) pack.keep(wasEngineUsed());
  };
  const settled = setTimeout(keep, settledAfter).unref();
  process.exitCode = await main(words);
  clearTimeout(settled);
  keep();
  // It would end by itself; this way it does not first give back all memory, one object after the other.
  if (process.getActiveResourcesInfo().length === 0) process.exit();
}

/** All commands, for tests, which run many of them in one process; undefined in the command itself. */
export const commands =
  require.main?.filename === __filename ? undefined : (openCommands().load('main.js') as Main);

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const words = process.argv.slice(2);
if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `mlld needs Node 20.19 or newer, this is ${process.versions.node}. Get it from https://nodejs.org.\n`,
  );
  process.exitCode = 1;
} else if (commands !== undefined) {
  // Whoever loads this file runs what they want.
} else if (words[0] === '--version' || words[0] === '-v') {
  writeSync(1, `${ownVersion()}\n`);
} else void start(words);
