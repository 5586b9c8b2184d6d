/** Where a statement stands in a repository, by what it says. */
import { type Author, type JsonObject, layout, type ModuleName } from '@mlld/format';

/** Undefined for a snapshot, which has no file. */
export function statementPath(statement: Uint8Array): string | undefined {
  const said = JSON.parse(Buffer.from(statement).toString('utf8')) as JsonObject;
  const text = (member: string) => String(said[member]);
  const [name, n] = [text('name') as ModuleName, Number(said.n)];
  const by = text('by') as Author;
  switch (text('type')) {
    case 'policy':
      return layout.policy(n);
    case 'keyset':
      return layout.keyset(text('author') as Author, n);
    case 'release':
    case 'record':
      return layout.release(name, text('version'));
    case 'review':
      return layout.review(name, text('version'), { by, n });
    case 'trust':
      return layout.trust(by, text('about') as Author, n);
    case 'star':
      return layout.star(by, name, n);
    case 'collection':
      return layout.collection(by, text('slug'), n);
    case 'report':
      return layout.report(text('about'), by, n);
    case 'transfer':
      return layout.transfer(name, n);
    case 'advisory':
      return layout.advisory(text('id'), n);
    case 'advisory-vote':
      return layout.advisoryVote(text('id'), by, n);
    case 'statistics':
      return layout.statistics(text('source'), text('day'), n);
    case 'tag':
    case 'yank':
    case 'deprecate':
      return layout.change(name, n);
    default:
      return undefined;
  }
}
