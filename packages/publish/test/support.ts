/** An author's desk: a home with a key, a GitHub that knows it, and a registry there. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { encodeRegistryInfo } from '@mlld/format';
import {
  type GitHub,
  gitEnvironment,
  makeTempDir,
  startGitHub,
  type TempDir,
  throwawayKey,
  writeTree,
} from '@mlld/testing';
import { onTestFinished } from 'vitest';
import {
  type PublishOptions,
  type PublishPlan,
  type PublishUi,
  publish,
  publishModules,
  readModules,
} from '../src/index.ts';

export const REGISTRY = 'registry.example.org';
export const REGISTRY_JSON = encodeRegistryInfo({
  v: 1,
  name: REGISTRY,
  title: 'Example',
  blobs: true,
  mirrors: [],
  fileSources: true,
});

export const STRINGS = `---
name: strings
author: alice
version: 1.0.0
about: Small helpers for texts
license: CC0
keywords: [text]
repo: https://github.com/alice/modules
---

# @alice/strings

## tldr

Greets.

\`\`\`mlld-run
exe @greet(name) = \`Hello @name\`
exe @shout(text) = js { return text.toUpperCase(); }
export { @greet, @shout }
\`\`\`

## docs

### greet(name)

Greets a person.

### shout(text)

Makes a text loud.
`;

export interface Desk {
  readonly github: GitHub;
  readonly home: TempDir;
  readonly env: Record<string, string | undefined>;
  readonly key: { readonly file: string; readonly publicKey: string };
  readonly notes: string[];
  readonly plans: PublishPlan[];
  readonly questions: string[];
  /** Makes a folder with files outside of any repository. */
  folder(name: string, files: Record<string, string>): Promise<string>;
  publish(path: string, options?: Partial<PublishOptions>): ReturnType<typeof publish>;
  /** Publishes all modules in the folders of a folder. */
  publishAll(folder: string, options?: Partial<PublishOptions>): ReturnType<typeof publishModules>;
}

export interface DeskOptions {
  /** Answers to `choose`, in order. */
  readonly choices?: readonly string[];
  /** Add the author's key to GitHub. Default true. */
  readonly keyOnGitHub?: boolean;
  readonly signedIn?: boolean;
  /** Files of the registry beside registry.json. */
  readonly files?: Readonly<Record<string, string>>;
  /** Milliseconds until a new fork is there. */
  readonly forkDelay?: number;
}

export async function desk(options: DeskOptions = {}): Promise<Desk> {
  const home = await makeTempDir('mlld-home-');
  await mkdir(home.join('.ssh'));
  const key = await throwawayKey({ dir: home.join('.ssh'), name: 'id_ed25519' });
  const keys = options.keyOnGitHub === false ? [] : [key.publicKey];
  const github = await startGitHub({
    users: [
      { login: 'Alice', id: 101, token: 'alice-token', signingKeys: keys },
      { login: 'bob', id: 102, token: 'bob-token' },
      { login: 'registry', id: 103, type: 'Organization', members: ['bob'] },
    ],
    repos: [
      { owner: 'registry', name: 'modules', files: { 'registry.json': REGISTRY_JSON, ...options.files } },
    ],
    forkDelay: options.forkDelay ?? 0,
  });
  onTestFinished(async () => {
    await github.close();
    await home.remove();
  });
  const env = gitEnvironment({
    HOME: home.path,
    MLLD_GITHUB_API: github.url,
    ...(options.signedIn === false ? {} : { MLLD_GITHUB_TOKEN: 'alice-token' }),
  });
  const notes: string[] = [];
  const plans: PublishPlan[] = [];
  const questions: string[] = [];
  const ui = answering({ notes, plans, questions, choices: [...(options.choices ?? [])] });
  const settings = { cwd: home.path, env, home: home.path, ui, to: 'registry/modules' };
  return {
    github,
    home,
    env,
    key,
    notes,
    plans,
    questions,
    async folder(name, files) {
      const dir = home.join('work', name);
      await mkdir(dir, { recursive: true });
      await writeTree(dir, files);
      return dir;
    },
    publish: (where, more = {}) => publish({ path: where, ...settings, ...more }),
    publishAll: async (below, more = {}) =>
      publishModules(await readModules(below), { ...settings, below, ...more }),
  };
}

function answering(of: {
  notes: string[];
  plans: PublishPlan[];
  questions: string[];
  choices: string[];
}): PublishUi {
  return {
    async confirm(question) {
      of.questions.push(question);
      return true;
    },
    async choose(question, choices) {
      of.questions.push(question);
      const wanted = of.choices.shift() ?? choices[0]?.value;
      const found = choices.find((one) => one.value === wanted);
      if (found === undefined) throw new Error(`no choice ${wanted}`);
      return found.value;
    },
    note: (text) => of.notes.push(text),
    progress: () => {},
    plan: (plan) => of.plans.push(plan),
  };
}

export const under = (dir: string, ...parts: string[]): string => path.join(dir, ...parts);
