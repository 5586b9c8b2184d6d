/** What every package says of itself: what it needs, what it can do, and how to allow it. */
import { commentText } from '../names.ts';
import type { TargetInput } from './target.ts';

export interface ReadmeParts {
  readonly title: string;
  /** Markdown: how it is used. */
  readonly usage: string;
  /** How a need is granted, for instance `open({ grant: ['sh'] })`. */
  readonly grant: string;
}

export function readme({ module, bundleDigest }: TargetInput, { title, usage, grant }: ReadmeParts): string {
  const { name, version, digest, about, needs, functions } = module;
  const wanted = needs.filter((need) => need !== 'js');
  const permissions =
    wanted.length === 0
      ? 'The module computes and does nothing else: no files, no network, no processes.'
      : `The module declares that it needs: ${wanted.map((need) => `\`${need}\``).join(', ')}. Nothing of that is allowed until you say so, and nothing
else ever is: ${grant}. Processes run in the sandbox of \`mlld\`; without a grant a function that needs it fails with
\`NEED_NOT_GRANTED\`.`;
  return `# ${title}

${about === undefined ? '' : `${plain(about)}\n\n`}The functions of the mlld module \`${name}\` ${version}, made with \`mlld export\`.

${usage.trim()}

## Functions

${functions.map((one) => `- \`@${one.name}(${one.parameters.map(({ name: parameter, optional }) => `${parameter}${optional ? '?' : ''}`).join(', ')})\``).join('\n')}

## What it may do

${permissions}

## What it runs

The command \`mlld\` (Node 20.19 or newer), found as the environment variable \`MLLD_COMMAND\` says, else on the \`PATH\`. It runs
\`module.mldbundle\`: the sources of the module and of all that it imports. Nothing is downloaded.

| | |
|---|---|
| content of the module | \`sha256:${digest}\` |
| bundle, checked at each start | \`sha256:${bundleDigest}\` |
`;
}

/** A line of others as text of Markdown. */
function plain(text: string): string {
  return commentText(text)
    .replace(/\s+/g, ' ')
    .replace(/[<>[\]`*_]/g, (sign) => `\\${sign}`)
    .slice(0, 500);
}
