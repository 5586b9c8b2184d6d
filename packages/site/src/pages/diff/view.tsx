import { Chip } from '../../components/parts.tsx';
import type { FileDiff, ListDiff, VersionDiff } from '../../model/diff.ts';
import { plural } from '../../text/format.ts';

/** The difference of two versions; rendered by the builder and by the browser. */
export function DiffView({ diff }: { diff: VersionDiff }) {
  return (
    <>
      <h2>
        {diff.from} → {diff.to}
      </h2>
      <Lists diff={diff} />
      {diff.files.map((file) => (
        <File file={file} />
      ))}
      {diff.unchanged > 0 && <p class="quiet">{plural(diff.unchanged, 'file')} unchanged.</p>}
    </>
  );
}

function Lists({ diff }: { diff: VersionDiff }) {
  const lists = [
    ['Exports', diff.exports],
    ['Capabilities of the code', diff.capabilities],
    ['Needs', diff.needs],
    ['Imports', diff.imports],
  ] as const;
  const changed = lists.filter(([, { added, removed }]) => added.length + removed.length > 0);
  if (changed.length === 0)
    return <p class="quiet">Exports, capabilities, needs and imports are the same.</p>;
  return (
    <dl class="diff-lists">
      {changed.map(([title, list]) => (
        <div>
          <dt>{title}</dt>
          <dd>
            <Changes list={list} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Changes({ list }: { list: ListDiff }) {
  return (
    <ul>
      {list.removed.map((text) => (
        <li class="removed">
          <span class="sr-only">Removed: </span>
          <del>{text}</del>
        </li>
      ))}
      {list.added.map((text) => (
        <li class="added">
          <span class="sr-only">Added: </span>
          <ins>{text}</ins>
        </li>
      ))}
    </ul>
  );
}

const marks = { same: ' ', added: '+', removed: '-', skip: '' } as const;

function File({ file }: { file: FileDiff }) {
  return (
    <section class="source" aria-label={file.path}>
      <header class="source-head">
        <h3>{file.path}</h3>
        <Chip tone={file.kind === 'added' ? 'good' : file.kind === 'removed' ? 'bad' : 'plain'}>
          {file.kind}
        </Chip>
      </header>
      {file.note !== undefined && <p class="quiet">{file.note}</p>}
      {file.lines.length > 0 && (
        <pre class="diff-lines" tabindex={0} role="region" aria-label={`Changes of ${file.path}`}>
          <code>
            {file.lines.map(({ kind, text }) => (
              <span class={`diff-${kind}`}>{kind === 'skip' ? '⋯\n' : `${marks[kind]} ${text}\n`}</span>
            ))}
          </code>
        </pre>
      )}
    </section>
  );
}
