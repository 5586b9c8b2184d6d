import { codeOf } from '@mlld/testing';
import { describe, expect, test } from 'vitest';
import { clientFlags, defineCommand, parseWords } from '../src/command.ts';
import { commands } from '../src/commands/index.ts';
import { commandHelp } from '../src/help-text.ts';

const example = defineCommand({
  args: [{ name: 'path' }, { name: 'more', optional: true, rest: true }],
  flags: {
    ...clientFlags,
    yes: { type: 'boolean', short: 'y', about: 'yes' },
    set: { type: 'string', multiple: true, about: 'set' },
  },
  run: async () => {},
});
const program = defineCommand({ ...example, stopAtFirstArg: true, run: async () => {} });

describe('the words behind a command', () => {
  test('flags stand before and behind arguments', () => {
    const { args, flags } = parseWords(example, ['a', '-y', '--set', 'x=1', 'b', '--set=y=2']);
    expect(args).toEqual(['a', 'b']);
    expect(flags).toMatchObject({ yes: true, set: ['x=1', 'y=2'], offline: false, registry: undefined });
  });

  test('a flag that is not given has an empty value of its type', () => {
    expect(parseWords(example, ['a']).flags).toMatchObject({ yes: false, set: [], json: false });
  });

  test('what follows a program belongs to the program', () => {
    const { args, flags } = parseWords(program, ['--registry', 'r', 'main.mld', '--yes', '--what']);
    expect(args).toEqual(['main.mld', '--yes', '--what']);
    expect(flags).toMatchObject({ registry: 'r', yes: false });
  });

  test.each([[['--nope', 'a']], [['a', '--set']], [[]]])('%j is a usage error', (words) => {
    expect(codeOf(() => parseWords(example, words))).toBe('USAGE');
  });

  test('one argument too many is a usage error', () => {
    const one = defineCommand({ args: [{ name: 'only' }], flags: {}, run: async () => {} });
    expect(codeOf(() => parseWords(one, ['a', 'b']))).toBe('USAGE');
  });

  test('a mistyped flag gets its nearest name', () => {
    expect(() => parseWords(example, ['a', '--registri', 'x'])).toThrow(
      expect.objectContaining({ hint: 'Did you mean --registry?' }),
    );
  });
});

describe('every command', () => {
  test.each([...commands])('%s loads, and its help names each flag', async (name, entry) => {
    const { command } = await entry.load();
    const help = commandHelp(name, command);
    expect(help).toContain(`Usage: mlld ${name}`);
    for (const flag of Object.keys(command.flags)) expect(help).toContain(`--${flag}`);
  });
});
