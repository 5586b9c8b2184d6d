/** Light or dark: as the system says, until somebody chooses. The choice stays on this machine. */
const key = 'theme';

export function startTheme(): void {
  const chosen = read();
  if (chosen !== undefined) document.documentElement.dataset.theme = chosen;
  const button = document.querySelector<HTMLButtonElement>('[data-theme-button]');
  if (button === null) return;
  button.hidden = false;
  button.addEventListener('click', () => {
    const now =
      document.documentElement.dataset.theme ??
      (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light');
    const next = now === 'dark' ? 'light' : 'dark';
    document.documentElement.dataset.theme = next;
    write(next);
  });
}

function read(): string | undefined {
  try {
    const value = localStorage.getItem(key);
    return value === 'light' || value === 'dark' ? value : undefined;
  } catch {
    return undefined;
  }
}

function write(value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
}
