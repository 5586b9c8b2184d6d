/** Whether lists of capabilities allow what code can reach for (docs/spec/config.md §3.5). Pure. */

/** How what a release declares as a need is told by its capabilities. */
const kindsOfNeed: ReadonlyMap<string, readonly string[]> = new Map([
  ['cmd', ['command']],
  ['network', ['network']],
  ['filesystem', ['read', 'write']],
  ['env', ['environment']],
]);
const languages = new Set(['js', 'node', 'sh', 'py']);

/** The capabilities that some list does not allow. */
export function notAllowed(
  capabilities: readonly string[],
  lists: readonly (readonly string[])[],
): readonly string[] {
  return capabilities.filter((one) => !lists.every((list) => list.some((pattern) => allows(pattern, one))));
}

/** The needs that some list does not allow. `js` computes in a sandbox, and is always allowed; so is WebAssembly, which is no need. */
export function needsNotAllowed(
  needs: readonly string[],
  lists: readonly (readonly string[])[],
): readonly string[] {
  return needs.filter(
    (need) => need !== 'js' && !lists.every((list) => list.some((one) => allowsNeed(one, need))),
  );
}

function allowsNeed(pattern: string, need: string): boolean {
  if (allows(pattern, `need:${need}`)) return true;
  if (languages.has(need)) return allows(pattern, `code:${need}`);
  return (kindsOfNeed.get(need) ?? []).some((kind) => pattern.startsWith(`${kind}:`));
}

/** A `*` of the pattern is any text; one of the capability, which only running tells, is allowed by `*` at its place alone. */
function allows(pattern: string, capability: string): boolean {
  if (capability === 'code:js' || capability === 'code:wasm') return true;
  const parts = pattern.split('*');
  if (parts.length === 1) return pattern === capability && !capability.includes('*');
  const [first = '', ...rest] = parts;
  if (!capability.startsWith(first)) return false;
  let at = first.length;
  for (const [i, part] of rest.entries()) {
    const last = i === rest.length - 1;
    const found = last ? capability.length - part.length : capability.indexOf(part, at);
    if (found < at || !capability.endsWith(last ? part : '')) return false;
    at = found + part.length;
  }
  return true;
}
