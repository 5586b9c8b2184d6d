/** `/` goes to the search field, as on other sites; Escape leaves it. */
export function startKeys(): void {
  document.addEventListener('keydown', (event) => {
    const field = fieldOf();
    if (field === undefined) return;
    if (event.key === 'Escape' && document.activeElement === field) field.blur();
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
}

/** The larger one, where there are two. */
function fieldOf(): HTMLInputElement | undefined {
  const fields = [...document.querySelectorAll<HTMLInputElement>('[data-search-field]')];
  return fields.find((field) => field.id === 'q-large') ?? fields[0];
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}
