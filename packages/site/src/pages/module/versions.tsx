import { pages } from '@mlld/format';
import { href, type PageContext } from '../../components/context.ts';
import { Chip, evidenceNames, When } from '../../components/parts.tsx';
import type { ModuleView } from '../../model/view.ts';
import { bytes } from '../../text/format.ts';

export function Versions({ context, view }: { context: PageContext; view: ModuleView }) {
  return (
    <section id="versions" aria-labelledby="versions-title">
      <h2 id="versions-title">
        Versions <span class="count">{view.versions.length}</span>
      </h2>
      <div class="scroll" tabindex={0} role="region" aria-label="Versions">
        <table class="versions">
          <thead>
            <tr>
              <th scope="col">Version</th>
              <th scope="col">Published</th>
              <th scope="col">Evidence</th>
              <th scope="col">Size</th>
              <th scope="col">Changes</th>
            </tr>
          </thead>
          <tbody>
            {view.versions.map((line, i) => {
              const before = view.versions[i + 1];
              return (
                <tr class={line.version === view.version ? 'current' : undefined}>
                  <th scope="row">
                    <a href={href(context, pages.version(view.name, line.version))}>{line.version}</a>{' '}
                    {line.tags.map((tag) => (
                      <Chip tone="accent">{tag}</Chip>
                    ))}
                    {line.yanked !== undefined && <Chip tone="warn">yanked</Chip>}
                  </th>
                  <td>
                    <When at={line.publishedAt} />
                  </td>
                  <td>{evidenceNames[line.evidence]}</td>
                  <td>{line.bytes === undefined ? '' : bytes(line.bytes)}</td>
                  <td>
                    {before === undefined ? (
                      <span class="quiet">first</span>
                    ) : (
                      <a
                        href={`${href(context, pages.diff(view.name))}?from=${before.version}&to=${line.version}`}
                      >
                        since {before.version}
                      </a>
                    )}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
    </section>
  );
}
