/** A module's page as Markdown, for assistants and for reading in a terminal. */
import { layout, pages } from '@mlld/format';
import type { ExportView, ModuleView, RegistryView } from '../model/view.ts';
import { signature } from '../pages/module/body.tsx';
import { usageLine } from '../pages/module/sidebar.tsx';
import { feedUrl } from './entries.ts';

export function markdownTwin(view: ModuleView, registry: RegistryView): string {
  const lines = [
    `# ${view.name} ${view.version}`,
    '',
    oneLine(view.about),
    '',
    ...view.advisories.map((one) => `> Advisory ${one.id} (${one.severity}): ${oneLine(one.summary)}\n`),
    ...(view.deprecated === undefined ? [] : [`> Deprecated: ${oneLine(view.deprecated.message)}\n`]),
    fence(`mlld add ${view.name}`, 'sh'),
    fence(usageLine(view).code, usageLine(view).language),
    `- Needs: ${view.needs.join(', ') || 'nothing'}`,
    `- Licence: ${oneLine(view.license)}`,
    `- Evidence: ${view.evidence} of 4`,
    `- Tags: ${view.tags.join(', ')}`,
    ...(view.digest === undefined ? [] : [`- Digest: sha256:${view.digest}`]),
    `- Page: ${feedUrl(registry, pages.module(view.name))}`,
    `- All versions as data: ${feedUrl(registry, layout.index(view.name))}`,
    '',
    view.readme.trim(),
    '',
    ...(view.exports.length === 0 ? [] : ['## Exports', '', ...view.exports.map(exportText)]),
  ];
  return `${lines
    .join('\n')
    .replace(/\n{3,}/g, '\n\n')
    .trimEnd()}\n`;
}

function exportText(one: ExportView): string {
  const examples = one.examples.map(({ code, expected }) =>
    [fence(code, 'mlld'), ...(expected === undefined ? [] : [fence(expected, 'output')])].join('\n'),
  );
  return [`### \`${signature(one)}\``, '', one.doc ?? '', '', ...examples, ''].join('\n');
}

/** A fence that the code can't end. */
function fence(code: string, language: string): string {
  const ticks = Math.max(3, ...[...code.matchAll(/`+/g)].map(([run]) => run.length + 1));
  const mark = '`'.repeat(ticks);
  return `${mark}${language}\n${code.replace(/\n$/, '')}\n${mark}\n`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
