/** Search results as cards, the same as those that the builder writes. */
import { pages } from '@mlld/format';
import { explain, explainLike, type Hit, type LikeHit, type SearchRecord } from '@mlld/search';
import { day, needsText } from '../text/format.ts';
import { el } from './dom.ts';
import { urlOf } from './root.ts';
import { startTimes } from './times.ts';

export function card(hit: Hit | LikeHit): HTMLElement {
  const { record } = hit;
  const link = el('a', { href: urlOf(pages.module(record.name)) }, nameText(record.name));
  const facts = el('p', { class: 'card-facts' }, ...chips(record));
  if (record.updated !== '')
    facts.append(el('time', { datetime: record.updated, 'data-when': '' }, day(record.updated)));
  const item = el(
    'li',
    { class: 'card' },
    el(
      'div',
      { class: 'card-head' },
      el('h3', {}, link),
      el('span', { class: 'card-version' }, record.version),
    ),
    el('p', { dir: 'auto' }, record.about),
    facts,
    explained(hit),
  );
  startTimes(item);
  return item;
}

export function nameText(name: string): HTMLElement {
  const [author = '', short = ''] = name.split('/');
  return el(
    'span',
    { class: 'name' },
    el('span', { class: 'name-author' }, `${author}/`),
    document.createElement('wbr'),
    short,
  );
}

function chips(record: SearchRecord): HTMLElement[] {
  const chip = (text: string, tone: string) =>
    el('span', { class: `chip chip-${tone}` }, el('span', {}, text));
  const needs = needsText(record);
  return [
    ...(record.safe ? [] : [chip('advisory or unchecked', 'warn')]),
    ...(record.deprecated ? [chip('deprecated', 'warn')] : []),
    ...(record.yanked ? [chip('yanked', 'warn')] : []),
    record.signed ? chip('signed', 'good') : chip('not signed', 'warn'),
    ...(record.reviewed ? [chip('reviewed', 'good')] : []),
    ...(record.kind === 'module' ? [] : [chip(record.kind, 'accent')]),
    ...(needs === undefined ? [] : [chip(needs, 'plain')]),
  ];
}

/** In one line, and opened with all that the place was computed of. */
function explained(hit: Hit | LikeHit): HTMLElement {
  const [line, parts] = 'like' in hit ? [likeText(hit), explainLike(hit)] : [whyText(hit.why), explain(hit)];
  return el(
    'details',
    { class: 'why' },
    el('summary', {}, line),
    el('pre', { tabindex: '0' }, parts.join('\n')),
  );
}

/** Why a hit of a question stands where it does, in one line. */
function likeText({ like: { text, meaning }, why: { words } }: LikeHit): string {
  const nearest = meaning?.label === '' ? 'its documentation' : `the documentation of ${meaning?.label}`;
  return [
    ...(meaning === undefined
      ? []
      : [`place ${meaning.place} by meaning: near ${nearest} (${meaning.similarity.toFixed(2)})`]),
    ...(text === undefined
      ? []
      : [`place ${text} by words: ${words.map((word) => word.found ?? word.word).join(', ')}`]),
  ].join(' · ');
}

/** Why a hit stands where it does, in one line. */
function whyText({ match, words, factor }: Hit['why']): string {
  const classes = {
    exact: 'this very name',
    prefix: 'the name begins so',
    all: 'all words',
    some: 'some words',
    any: '',
  };
  const found = words.map((word) => `${word.found ?? word.word} in ${word.fields.join(', ')}`);
  return [classes[match], ...found, `quality and trust ×${factor.toFixed(2)}`]
    .filter((text) => text !== '')
    .join(' · ');
}
