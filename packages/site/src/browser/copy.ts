/** Buttons that copy a line. Without script they are hidden. */
export function startCopy(root: ParentNode): void {
  for (const button of root.querySelectorAll<HTMLButtonElement>('[data-copy]')) {
    if (navigator.clipboard === undefined) continue;
    button.hidden = false;
    const label = button.getAttribute('aria-label') ?? 'Copy';
    button.addEventListener('click', async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy ?? '');
        tell(button, 'Copied', label);
      } catch {
        tell(button, 'Select the line and copy it by hand', label);
      }
    });
  }
}

function tell(button: HTMLButtonElement, said: string, label: string): void {
  button.classList.toggle('done', said === 'Copied');
  button.setAttribute('aria-label', said);
  button.title = said;
  setTimeout(() => {
    button.classList.remove('done');
    button.setAttribute('aria-label', label);
    button.removeAttribute('title');
  }, 1600);
}
