/** The small parts that pages are put together from; `design/` shows each of them. */
import { pages } from '@mlld/format';
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import type { ModuleLink, ModuleRow } from '../model/view.ts';
import { day, needsText, plural } from '../text/format.ts';
import { highlight } from '../text/highlight.ts';
import { href, type PageContext } from './context.ts';
import { Icon, type IconName } from './icon.tsx';

export type Tone = 'plain' | 'good' | 'warn' | 'bad' | 'accent';

/** A word or two about something, set apart. */
export function Chip({ tone = 'plain', icon, children }: { tone?: Tone; icon?: IconName; children: Child }) {
  return (
    <span class={`chip chip-${tone}`}>
      {icon !== undefined && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}

const noticeIcons = {
  plain: 'info',
  accent: 'info',
  good: 'check',
  warn: 'warning',
  bad: 'warning',
} as const;

/** A tinted box that has to be read. */
export function Notice({ tone, title, children }: { tone: Tone; title: string; children?: Child }) {
  return (
    <div class={`notice notice-${tone}`} role="note">
      <Icon name={noticeIcons[tone]} />
      <div>
        <strong>{title}</strong>
        {children}
      </div>
    </div>
  );
}

/** One line of code and a button that copies it; without script the line can be selected at once. */
export function CopyLine({ code, label, mlld = false }: { code: string; label: string; mlld?: boolean }) {
  return (
    <div class="copy-line">
      <pre tabindex={0} role="region" aria-label={label}>
        <code>{mlld ? raw(highlight(code)) : code}</code>
      </pre>
      <button type="button" class="icon-button" data-copy={code} hidden aria-label={`Copy: ${label}`}>
        <Icon name="copy" />
      </button>
    </div>
  );
}

export function Code({ code, label }: { code: string; label?: string | undefined }) {
  return (
    <pre tabindex={0} {...(label === undefined ? {} : { role: 'region', 'aria-label': label })}>
      <code>{raw(highlight(code))}</code>
    </pre>
  );
}

/** A date that the browser adds its age to. */
export function When({ at }: { at: string | undefined }) {
  if (at === undefined || at === '') return <span class="quiet">unknown</span>;
  return (
    <time datetime={at} data-when>
      {day(at)}
    </time>
  );
}

export const evidenceNames = ['hash only', 'logged', 'signed', 'reproduced', 'reviewed'] as const;
export const evidenceTexts = [
  'The registry names the hash of its content.',
  'It is in the public log: everybody is shown the same.',
  'Its author signed it with a key of their own.',
  'Its bytes were found at the commit that it names.',
  'People that you trust have reviewed it.',
] as const;

export function evidenceTone(level: number): Tone {
  return level >= 2 ? 'good' : level === 1 ? 'plain' : 'warn';
}

/** The five steps of evidence, and how far this version got. */
export function EvidenceLadder({ level, logged }: { level: number; logged: boolean }) {
  return (
    <ol class="ladder">
      {evidenceNames.map((name, i) => {
        const reached = i === 1 ? logged : i <= level;
        return (
          <li class={reached ? 'reached' : ''}>
            <span class="rung">{reached ? <Icon name="check" /> : <Icon name="dot" />}</span>
            <div>
              <strong>
                {i} · {name}
              </strong>
              <span class="sr-only">{reached ? ' (reached)' : ' (not reached)'}</span>
              <p class="quiet">{evidenceTexts[i]}</p>
            </div>
          </li>
        );
      })}
    </ol>
  );
}

/** Points of a whole, as a bar with its numbers. */
export function Meter({ value, most, label }: { value: number; most: number; label: string }) {
  const share = most === 0 ? 0 : Math.max(0, Math.min(100, Math.round((100 * value) / most)));
  return (
    <svg
      class="meter"
      viewBox="0 0 100 6"
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${value} of ${most}`}
    >
      <rect width="100" height="6" rx="3" class="meter-whole" />
      {share > 0 && <rect width={share} height="6" rx="3" class="meter-part" />}
    </svg>
  );
}

/** A number from 0 to 100 in a ring. */
export function Ring({ value, label, of = 100 }: { value: number; label: string; of?: number }) {
  const around = 2 * Math.PI * 20;
  const part = (Math.max(0, Math.min(of, value)) / of) * around;
  return (
    <svg
      class="ring"
      viewBox="0 0 48 48"
      width="48"
      height="48"
      role="img"
      aria-label={`${label}: ${value} of ${of}`}
    >
      <circle cx="24" cy="24" r="20" class="ring-whole" />
      <circle
        cx="24"
        cy="24"
        r="20"
        class="ring-part"
        stroke-dasharray={`${part.toFixed(1)} ${around.toFixed(1)}`}
        transform="rotate(-90 24 24)"
      />
      <text x="24" y="28.5" text-anchor="middle">
        {String(value)}
      </text>
    </svg>
  );
}

/** A module in a list; with why it stands there, if the list has a reason for each. */
export function ModuleCard({
  context,
  row,
  children,
}: {
  context: PageContext;
  row: ModuleRow;
  children?: Child;
}) {
  return (
    <li class="card">
      <div class="card-head">
        <h3>
          <a href={href(context, pages.module(row.name))}>
            <ModuleNameText name={row.name} />
          </a>
        </h3>
        <span class="card-version">{row.version}</span>
      </div>
      <p dir="auto">{row.about}</p>
      <p class="card-facts">
        <Signals row={row} />
        {row.updated !== '' && <When at={row.updated} />}
      </p>
      {children !== undefined && <p class="why">{children}</p>}
    </li>
  );
}

/** Author and name, the name first to the eye. */
export function ModuleNameText({ name }: { name: string }) {
  const [author, short] = name.split('/');
  return (
    <span class="name">
      <span class="name-author">{author}/</span>
      <wbr />
      {short}
    </span>
  );
}

function Signals({ row }: { row: ModuleRow }) {
  const needs = needsText(row);
  return (
    <>
      {row.advisories.length > 0 && (
        <Chip tone="bad" icon="warning">
          {plural(row.advisories.length, 'advisory', 'advisories')}
        </Chip>
      )}
      {row.deprecated && <Chip tone="warn">deprecated</Chip>}
      {row.yanked && <Chip tone="warn">yanked</Chip>}
      <Chip tone={evidenceTone(row.evidence)} {...(row.evidence >= 2 ? { icon: 'shield' as const } : {})}>
        {evidenceNames[row.evidence] ?? 'hash only'}
      </Chip>
      {row.kind !== 'module' && <Chip tone="accent">{row.kind}</Chip>}
      {needs !== undefined && <Chip>{needs}</Chip>}
    </>
  );
}

export function ModuleList({ context, rows }: { context: PageContext; rows: readonly ModuleRow[] }) {
  return (
    <ul class="cards">
      {rows.map((row) => (
        <ModuleCard context={context} row={row} />
      ))}
    </ul>
  );
}

/** Modules as short lines. */
export function ModuleLinks({ context, links }: { context: PageContext; links: readonly ModuleLink[] }) {
  return (
    <ul class="lines">
      {links.map(({ name, about }) => (
        <li>
          <a href={href(context, pages.module(name))}>
            <ModuleNameText name={name} />
          </a>
          {about !== '' && (
            <span class="quiet" dir="auto">
              {about}
            </span>
          )}
        </li>
      ))}
    </ul>
  );
}

export function TagList({ context, tags }: { context: PageContext; tags: readonly string[] }) {
  return (
    <ul class="tags">
      {tags.map((tag) => (
        <li>
          <a href={href(context, pages.tag(tag))}>{tag}</a>
        </li>
      ))}
    </ul>
  );
}

/** The title of a page that is about no single module. */
export function PageTitle({
  title,
  lead,
  children,
}: {
  title: string;
  lead?: string | undefined;
  children?: Child;
}) {
  return (
    <div class="page-title">
      <h1>{title}</h1>
      {lead !== undefined && <p class="lead">{lead}</p>}
      {children}
    </div>
  );
}
