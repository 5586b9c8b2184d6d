/** Where in a JSON text a JSON path stands: for annotations. The text has been parsed before, or is not JSON at all. */

/** The 1-based line of `$.source.files[2]`, of the deepest part of it that exists; undefined for a text that is no JSON. */
export function lineOf(text: string, path: string): number | undefined {
  const steps = [...path.matchAll(/\.([^.[\]]+)|\[(\d+)\]/g)].map((step) => step[1] ?? Number(step[2]));
  const at = offsetOf(text, steps);
  if (at === undefined) return undefined;
  let line = 1;
  for (let i = text.indexOf('\n'); i >= 0 && i < at; i = text.indexOf('\n', i + 1)) line++;
  return line;
}

const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/gy;

function offsetOf(text: string, steps: readonly (string | number)[]): number | undefined {
  const space = /\s*/y;
  let at = 0;
  const next = (): { readonly text: string; readonly at: number } | undefined => {
    space.lastIndex = at;
    space.exec(text);
    token.lastIndex = space.lastIndex;
    const start = space.lastIndex;
    const found = token.exec(text)?.[0];
    if (found === undefined) return undefined;
    at = token.lastIndex;
    return { text: found, at: start };
  };
  /** Skips the value that `first` starts. */
  const skip = (first: string): void => {
    let depth = first === '{' || first === '[' ? 1 : 0;
    while (depth > 0) {
      const found = next();
      if (found === undefined) return;
      if (found.text === '{' || found.text === '[') depth++;
      if (found.text === '}' || found.text === ']') depth--;
    }
  };
  let best = next()?.at;
  for (const step of steps) {
    const found = typeof step === 'string' ? member(step, next, skip) : item(step, next, skip);
    if (found === undefined) break;
    best = found;
  }
  return best;
}

type Next = () => { readonly text: string; readonly at: number } | undefined;

/** Moves to the value of a member of the object that was just opened; returns the offset of the member's name. */
function member(name: string, next: Next, skip: (first: string) => void): number | undefined {
  const wanted = JSON.stringify(name);
  for (let key = next(); key !== undefined && key.text !== '}'; key = next()) {
    if (key.text === ',') continue;
    next();
    const value = next();
    if (value === undefined) return undefined;
    if (key.text === wanted) return key.at;
    skip(value.text);
  }
  return undefined;
}

function item(index: number, next: Next, skip: (first: string) => void): number | undefined {
  let i = 0;
  for (let value = next(); value !== undefined && value.text !== ']'; value = next()) {
    if (value.text === ',') continue;
    if (i++ === index) return value.at;
    skip(value.text);
  }
  return undefined;
}
