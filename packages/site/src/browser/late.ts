/** When a part of a page is loaded that nobody needs at once. */

/** What a module of this folder has that works on a page. */
export interface Part {
  readonly start: () => unknown;
}

/** When the browser has nothing else to do, or after a second. */
export function whenIdle(_: HTMLElement, act: () => void): void {
  if (typeof requestIdleCallback === 'undefined') setTimeout(act, 200);
  else requestIdleCallback(act, { timeout: 1000 });
}

/** When somebody goes to the large search field, or is there already. */
export function whenFocused(_: HTMLElement, act: () => void): void {
  const field = document.querySelector<HTMLInputElement>('#q-large');
  if (field === null) return;
  if (field === document.activeElement || field.value !== '') act();
  else field.addEventListener('focus', act, { once: true });
}

/** When what stands before it comes near: nobody waits for the end of a long page, and who does not come there asks for nothing. */
export function whenNear(section: HTMLElement, act: () => void): void {
  const before = section.previousElementSibling ?? section.parentElement;
  if (before === null || typeof IntersectionObserver === 'undefined') return;
  const observer = new IntersectionObserver(
    (seen) => {
      if (!seen.some(({ isIntersecting }) => isIntersecting)) return;
      observer.disconnect();
      act();
    },
    { rootMargin: '600px' },
  );
  observer.observe(before);
}
