import { layout, pages } from '@mlld/format';
import { raw } from 'hono/html';
import { href, type PageContext } from '../components/context.ts';
import { Layout } from '../components/layout.tsx';
import { Chip, ModuleNameText, Notice, PageTitle, When } from '../components/parts.tsx';
import type { AdvisoryView } from '../model/view.ts';
import { safeUrl, shortUrl } from '../text/format.ts';
import { markdown } from '../text/markdown.ts';

function tone(one: AdvisoryView) {
  return one.malware || one.severity === 'critical' || one.severity === 'high' ? 'bad' : 'warn';
}

export function AdvisoriesPage({
  context,
  advisories,
}: {
  context: PageContext;
  advisories: readonly AdvisoryView[];
}) {
  return (
    <Layout
      context={context}
      title="Advisories"
      description={`Vulnerabilities and malware in modules of ${context.registry.title}.`}
      feeds={[{ title: 'Advisories', path: pages.feed('advisories', 'xml') }]}
    >
      <div class="wrap">
        <PageTitle
          title="Advisories"
          lead="Vulnerabilities and malware, signed and logged like everything else. mlld audit checks a project against them."
        >
          <p class="quiet">
            <a href={href(context, pages.feed('advisories', 'xml'))}>Feed</a> ·{' '}
            <a href={href(context, layout.osvAll)}>All as OSV</a>
          </p>
        </PageTitle>
        {advisories.length === 0 && (
          <Notice tone="good" title="There is none.">
            <p>No module of this registry has an advisory at the moment.</p>
          </Notice>
        )}
        <ul class="cards">
          {advisories.map((one) => (
            <li class="card">
              <div class="card-head">
                <h2>
                  <a href={href(context, pages.advisory(one.id))}>{one.id}</a>
                </h2>
                <Chip tone={tone(one)}>{one.malware ? 'malware' : one.severity}</Chip>
              </div>
              <p dir="auto">{one.summary}</p>
              <p class="card-facts">
                <Chip>{one.state}</Chip>
                <When at={one.modified} />
                {one.modules.slice(0, 3).map(({ name }) => (
                  <ModuleNameText name={name} />
                ))}
              </p>
            </li>
          ))}
        </ul>
      </div>
    </Layout>
  );
}

export function AdvisoryPage({ context, one }: { context: PageContext; one: AdvisoryView }) {
  const references = one.references.flatMap((url) => safeUrl(url) ?? []);
  return (
    <Layout context={context} title={`${one.id}: ${one.summary}`} description={one.summary}>
      <div class="wrap">
        <PageTitle title={one.id} lead={one.summary}>
          <p class="chips">
            <Chip tone={tone(one)} icon="warning">
              {one.malware ? 'malware' : one.severity}
            </Chip>
            <Chip>{one.state}</Chip>
            <span class="quiet">
              published <When at={one.published} />, changed <When at={one.modified} />
            </span>
          </p>
        </PageTitle>
        <div class="columns">
          <div class="column-main">
            <section class="prose" aria-label="Details" dir="auto">
              {raw(markdown(one.details, { idPrefix: 'details-' }))}
            </section>
            <h2>Affected</h2>
            <div class="scroll" tabindex={0} role="region" aria-label="Affected modules">
              <table class="versions">
                <thead>
                  <tr>
                    <th scope="col">Module</th>
                    <th scope="col">Affected</th>
                    <th scope="col">Mended in</th>
                  </tr>
                </thead>
                <tbody>
                  {one.modules.map(({ name, ranges, digests, exports, fixed }) => (
                    <tr>
                      <th scope="row">
                        <a href={href(context, pages.module(name))}>
                          <ModuleNameText name={name} />
                        </a>
                      </th>
                      <td>
                        {[...ranges, ...digests.map((digest) => `sha256:${digest.slice(0, 12)}`)].join(
                          ', ',
                        ) || 'all versions'}
                        {exports.length > 0 && (
                          <span class="quiet"> only {exports.map((one) => `@${one}`).join(', ')}</span>
                        )}
                      </td>
                      <td>{fixed.join(', ') || 'not mended'}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </div>
          <aside class="column-side" aria-label="Facts">
            <section class="side-block">
              <h2>Facts</h2>
              <dl class="facts">
                <div>
                  <dt>Confirmed by</dt>
                  <dd>{one.confirmed}</dd>
                </div>
                <div>
                  <dt>Disputed by</dt>
                  <dd>{one.disputed}</dd>
                </div>
                {one.aliases.length > 0 && (
                  <div>
                    <dt>Also</dt>
                    <dd>{one.aliases.join(', ')}</dd>
                  </div>
                )}
                <div>
                  <dt>OSV</dt>
                  <dd>
                    <a href={href(context, layout.osv(one.id))}>{one.id}.json</a>
                  </dd>
                </div>
              </dl>
              {references.length > 0 && (
                <ul class="lines">
                  {references.map((url) => (
                    <li>
                      <a href={url} rel="nofollow ugc noopener">
                        {shortUrl(url)}
                      </a>
                    </li>
                  ))}
                </ul>
              )}
            </section>
          </aside>
        </div>
      </div>
    </Layout>
  );
}
