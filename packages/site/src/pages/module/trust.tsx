/** Why to believe a version: evidence, verification in the page, score, quality, reviews, advisories. */
import { layout, pages } from '@mlld/format';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { href, type PageContext } from '../../components/context.ts';
import { Icon } from '../../components/icon.tsx';
import { Chip, EvidenceLadder, Meter, Ring, When } from '../../components/parts.tsx';
import type { ModuleView, QualityView, ReviewView, TrustView } from '../../model/view.ts';
import { markdown } from '../../text/markdown.ts';

interface TrustProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function Trust({ context, view }: TrustProps) {
  return (
    <section id="trust" aria-labelledby="trust-title">
      <h2 id="trust-title">Trust</h2>
      <EvidenceLadder level={view.evidence} logged={context.registry.logged || view.evidence === 1} />
      <Verification context={context} view={view} />
      {view.trust !== undefined && <Score trust={view.trust} />}
      {view.quality !== undefined && <Quality quality={view.quality} />}
      <Capabilities view={view} />
      <Reviews context={context} view={view} />
    </section>
  );
}

/** What the script needs to check everything again from the registry's files. */
function Verification({ context, view }: TrustProps) {
  const command = `mlld verify ${view.name}@${view.version}`;
  return (
    <div
      class="verify"
      data-verify={JSON.stringify({
        registry: context.registry.name,
        name: view.name,
        version: view.version,
        digest: view.digest,
        statement: view.statement,
        files: view.files,
        blobs: context.registry.blobs,
        partial: context.registry.notice !== undefined,
      })}
    >
      <h3>Verify it here</h3>
      <p>
        Your browser can fetch the signed statement and every file, hash them, and check the signature and the
        log by itself. Nothing is taken from this page.
      </p>
      <p>
        <button type="button" class="button" data-verify-button hidden>
          <Icon name="shield" /> Verify in this browser
        </button>
      </p>
      <ol class="steps" data-verify-steps aria-live="polite" />
      <p class="quiet">
        In a terminal: <code>{command}</code>
        {view.statement !== undefined && (
          <>
            . The evidence: <a href={href(context, layout.release(view.name, view.version))}>statement</a>,{' '}
            <a href={href(context, layout.proof(view.statement))}>proof bundle</a>
          </>
        )}
      </p>
    </div>
  );
}

export function Score({ trust }: { trust: TrustView }) {
  return (
    <div class="score">
      <div class="score-head">
        <Ring value={trust.value} label="Trust score" />
        <div>
          <h3>Trust score</h3>
          <p class="quiet">
            {trust.insufficient === undefined
              ? 'It ranks and explains; it forbids nothing, and nothing bought enters it.'
              : `Insufficient data: ${trust.insufficient}.`}
          </p>
        </div>
      </div>
      <PartsTable why="Why" parts={trust.parts}>
        {trust.caps.map((cap) => (
          <tr class="cap">
            <th scope="row">at most</th>
            <td>{cap.most}</td>
            <td>{cap.reason}</td>
          </tr>
        ))}
      </PartsTable>
    </div>
  );
}

export function Quality({ quality }: { quality: QualityView }) {
  return (
    <div class="score" id="quality">
      <div class="score-head">
        <Ring value={quality.value} label="Quality" />
        <div>
          <h3>Quality</h3>
          <p class="quiet">
            What the builder could check by itself; <code>mlld check</code> shows the same before publishing.
          </p>
        </div>
      </div>
      <PartsTable why="Found, and how to gain more" parts={quality.parts} />
    </div>
  );
}

interface PartsProps {
  /** Title of the last column. */
  readonly why: string;
  readonly parts: readonly (TrustView['parts'][number] & { readonly gain?: string | undefined })[];
  /** Rows below. */
  readonly children?: Child;
}

function PartsTable({ why, parts, children }: PartsProps) {
  return (
    <table class="parts">
      <thead class="sr-only">
        <tr>
          <th scope="col">Part</th>
          <th scope="col">Points</th>
          <th scope="col">{why}</th>
        </tr>
      </thead>
      <tbody>
        {parts.map((part) => (
          <tr>
            <th scope="row">{part.name}</th>
            <td class="part-meter">
              <Meter value={part.points} most={part.most} label={part.name} />
              <span class="part-points">
                {part.points}/{part.most}
              </span>
            </td>
            <td>
              {part.reason}
              {part.gain !== undefined && <span class="gain">{part.gain}</span>}
            </td>
          </tr>
        ))}
        {children}
      </tbody>
    </table>
  );
}

function Capabilities({ view }: { view: ModuleView }) {
  if (view.capabilities.length === 0) return null;
  return (
    <div id="capabilities">
      <h3>What its code can do</h3>
      <p class="quiet">Read from the syntax tree, not from what the author declares.</p>
      <ul class="capabilities">
        {view.capabilities.map(({ kind, name }) => (
          <li>
            <strong>{kind}</strong> <code>{name}</code>
          </li>
        ))}
      </ul>
    </div>
  );
}

const tones = {
  dangerous: 'bad',
  negative: 'warn',
  neutral: 'plain',
  positive: 'good',
  strong: 'good',
} as const;

function Reviews({ context, view }: { context: PageContext; view: ModuleView }) {
  return (
    <div id="reviews">
      <h3>
        Reviews <span class="count">{view.reviews.length}</span>
      </h3>
      {view.reviews.length === 0 && (
        <p class="quiet">
          Nobody has reviewed it yet. <code>mlld review {view.name}</code> writes a signed review.
        </p>
      )}
      {view.reviews.map((review) => (
        <Review context={context} review={review} />
      ))}
    </div>
  );
}

export function Review({ context, review }: { context: PageContext; review: ReviewView }) {
  const tone = tones[review.rating as keyof typeof tones] ?? 'plain';
  return (
    <article class="review">
      <p class="review-head">
        <a href={href(context, pages.author(review.by))}>
          <strong>@{review.by}</strong>
        </a>{' '}
        <Chip tone={tone}>{review.rating}</Chip>
        <span class="quiet">
          {review.from === undefined ? review.version : `${review.from} → ${review.version}`} ·{' '}
          <When at={review.at} />
        </span>
      </p>
      <div class="prose" dir="auto">
        {raw(markdown(review.text, { shift: 4 }))}
      </div>
      <p class="quiet">
        Thoroughness {review.thoroughness}, understanding {review.understanding}
        {review.criteria.length > 0 && `; ${review.criteria.join(', ')}`}
      </p>
    </article>
  );
}
