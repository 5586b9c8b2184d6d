/** The design of the site: its tokens and each of its parts, as they are. */
import type { Child } from 'hono/jsx';
import { BarChart, LineChart } from '../components/chart.tsx';
import type { PageContext } from '../components/context.ts';
import { Icon } from '../components/icon.tsx';
import { Layout } from '../components/layout.tsx';
import {
  Chip,
  Code,
  CopyLine,
  EvidenceLadder,
  Meter,
  ModuleList,
  Notice,
  PageTitle,
  Ring,
  type Tone,
} from '../components/parts.tsx';
import type { ModuleRow } from '../model/view.ts';

const colours = [
  'ground',
  'raised',
  'ink',
  'quiet',
  'line',
  'accent',
  'accent-soft',
  'warn',
  'warn-soft',
  'bad',
  'bad-soft',
  'code',
] as const;
const tones: readonly Tone[] = ['plain', 'accent', 'good', 'warn', 'bad'];

export function DesignPage({ context, rows }: { context: PageContext; rows: readonly ModuleRow[] }) {
  return (
    <Layout context={context} title="Design" description="Tokens and components of this site.">
      <div class="wrap prose-page">
        <PageTitle
          title="Design of this site"
          lead="Calm, readable, honest: text first, one accent, colour only where it means something. No web font, no picture from elsewhere, nothing that moves by itself."
        />
        <Section
          title="Colours"
          text="Each token has a light and a dark value; text on its ground has a contrast of at least 4.5 to 1."
        >
          <ul class="swatches">
            {colours.map((name) => (
              <li>
                <span class={`swatch swatch-${name}`} />
                <code>--{name}</code>
              </li>
            ))}
          </ul>
        </Section>
        <Section
          title="Type"
          text="The reader's own system faces; a monospaced one for names and code. Sizes grow by a fifth."
        >
          <p class="type-sample-1">Modules for mlld</p>
          <p class="type-sample-2">Signed by who wrote them</p>
          <p>Running text is 16 px with a line of 1.6, at most 70 characters wide.</p>
          <p class="quiet">Quiet text says what can be left unread.</p>
        </Section>
        <Section
          title="Space"
          text="Steps of 4, 8, 12, 16, 24, 32, 48 and 72 px; corners of 10 px, of 6 px inside of others."
        >
          <p class="spaces">
            {[1, 2, 3, 4, 5, 6, 7, 8].map((n) => (
              <span class={`space space-${n}`} />
            ))}
          </p>
        </Section>
        <Section
          title="Chips"
          text="A word or two about a thing. Tone says what it means, never alone: the word does too."
        >
          <p class="chips">
            {tones.map((tone) => (
              <Chip tone={tone} icon={tone === 'good' ? 'shield' : tone === 'bad' ? 'warning' : 'dot'}>
                {tone}
              </Chip>
            ))}
          </p>
        </Section>
        <Section title="Notices" text="What has to be read before anything else on a page.">
          {tones.map((tone) => (
            <Notice tone={tone} title={`A notice of tone ${tone}`}>
              <p>One or two sentences, and what to do next.</p>
            </Notice>
          ))}
        </Section>
        <Section title="Buttons" text="One kind, for what happens on this page; links lead to others.">
          <p class="chips">
            <button type="button" class="button">
              <Icon name="shield" /> Verify
            </button>
            <button type="button" class="button button-small">
              <Icon name="play" /> Try it
            </button>
          </p>
        </Section>
        <Section title="Code" text="A line to copy, and code with its colours.">
          <CopyLine code="mlld add @alice/strings" label="Install" />
          <Code
            code={
              'import { @slug } from @alice/strings\n\n>> accents go, words stay\nshow @slug("Crème brûlée", 2)'
            }
            label="Example"
          />
        </Section>
        <Section title="Evidence" text="Five steps from a hash to people you trust.">
          <EvidenceLadder level={2} logged />
        </Section>
        <Section title="Numbers" text="A ring for one score, a bar for a part of a whole.">
          <p class="chips">
            <Ring value={72} label="Example score" /> <Ring value={100} label="Full score" />{' '}
            <Ring value={8} label="Low score" />
          </p>
          <Meter value={24} most={40} label="Example part" />
        </Section>
        <Section title="Graphs" text="Drawn when the site is built, each with its numbers as a table.">
          <div class="charts">
            <LineChart
              title="A line"
              unit="things"
              bars={[3, 5, 8, 13, 21].map((value, i) => ({ label: `Month ${i + 1}`, value }))}
            />
            <BarChart
              title="Bars"
              unit="things"
              bars={[8, 5, 2].map((value, i) => ({ label: `Kind ${i + 1}`, value }))}
            />
          </div>
        </Section>
        {rows.length > 0 && (
          <Section title="Module cards" text="A module in a list.">
            <ModuleList context={context} rows={rows} />
          </Section>
        )}
      </div>
    </Layout>
  );
}

function Section({ title, text, children }: { title: string; text: string; children: Child }) {
  return (
    <section class="design-section">
      <h2>{title}</h2>
      <p class="quiet">{text}</p>
      {children}
    </section>
  );
}
