/** «Verify in this browser»: each step as it is done. */
import { el, icon } from './dom.ts';
import type { Claim, Step } from './verify/verify.ts';

export function start(): void {
  for (const place of document.querySelectorAll<HTMLElement>('[data-verify]')) prepare(place);
}

function prepare(place: HTMLElement): void {
  const button = place.querySelector<HTMLButtonElement>('[data-verify-button]');
  const steps = place.querySelector<HTMLElement>('[data-verify-steps]');
  if (button === null || steps === null || globalThis.crypto?.subtle === undefined) return;
  button.hidden = false;
  button.addEventListener('click', async () => {
    button.disabled = true;
    steps.replaceChildren();
    delete place.dataset.verified;
    const { verify } = await import('./verify/verify.ts');
    const claim = JSON.parse(place.dataset.verify ?? '{}') as Claim;
    const good = await verify(claim, (step) => steps.append(stepItem(step)));
    steps.append(verdict(good));
    place.dataset.verified = good ? 'yes' : 'no';
    button.disabled = false;
  });
}

const words = { passed: 'holds', failed: 'does not hold', none: 'not checked' } as const;

function stepItem({ title, result, detail }: Step): HTMLElement {
  return el(
    'li',
    { class: `step-${result}` },
    icon(result === 'passed' ? 'check' : result === 'failed' ? 'cross' : 'dot'),
    el(
      'div',
      {},
      `${title}: `,
      el('strong', {}, words[result]),
      el('span', { class: 'step-detail' }, detail),
    ),
  );
}

function verdict(good: boolean): HTMLElement {
  const text = good
    ? 'Everything that this browser could check holds.'
    : 'Something does not hold. Do not use this version.';
  return el(
    'li',
    { class: `verdict step-${good ? 'passed' : 'failed'}` },
    icon(good ? 'check' : 'cross'),
    el('div', {}, text),
  );
}
