/** The main part of a theme: the theme itself, on code. */
import type { PageContext } from '../../components/context.ts';
import type { ModuleView, ThemeView } from '../../model/view.ts';
import { Readme } from './body.tsx';
import { Trust } from './trust.tsx';
import { Versions } from './versions.tsx';

interface BodyProps {
  readonly context: PageContext;
  readonly view: ModuleView;
}

export function ThemeBody({ context, view }: BodyProps) {
  return (
    <>
      {view.theme !== undefined && <Preview theme={view.theme} />}
      <Readme context={context} view={view} />
      <Versions context={context} view={view} />
      <Trust context={context} view={view} />
    </>
  );
}

function Preview({ theme }: { theme: ThemeView }) {
  return (
    <section id="preview" aria-labelledby="preview-title">
      <h2 id="preview-title">Preview</h2>
      {theme.variants.map((variant) => (
        <figure class="theme-preview">
          <figcaption>
            {variant.name}{' '}
            <span class="quiet">
              {variant.mode}, least contrast {variant.least}
              {variant.keepsPromise
                ? `, keeps ${theme.contrast}`
                : `, breaks its promise of ${theme.contrast}`}
            </span>
          </figcaption>
          <pre class={variant.selector} tabindex={0} role="region" aria-label={`Code in ${variant.name}`}>
            <code>
              {theme.lines.map((line, i) => (
                <>
                  {i > 0 && '\n'}
                  {line.map(({ text, scope }) =>
                    scope === undefined ? text : <span class={`s-${scope}`}>{text}</span>,
                  )}
                </>
              ))}
            </code>
          </pre>
          <p
            class={`theme-palette ${variant.selector}`}
            role="img"
            aria-label={`The 16 colours of a terminal in ${variant.name}`}
          >
            {variant.palette.map((name) => (
              <i class={`a-${name}`} title={name} />
            ))}
          </p>
        </figure>
      ))}
    </section>
  );
}
