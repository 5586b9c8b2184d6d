/** Names of a module in other languages: never a word of theirs, never two alike. */

const javascript = new Set(
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for function if implements import in instanceof interface let new null open package private protected public return static super switch this throw true try typeof var void while with yield close then'.split(
    ' ',
  ),
);
const python = new Set(
  'False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield open close match case type self print Any Literal Module MlldError'.split(
    ' ',
  ),
);

/** As written, with `_` for what can't stand in a name, and behind a reserved word. */
export function javascriptNames(names: readonly string[]): ReadonlyMap<string, string> {
  return distinct(names, (name) => safe(name, javascript));
}

/** `padStart` is `pad_start`. */
export function pythonNames(names: readonly string[]): ReadonlyMap<string, string> {
  return distinct(names, (name) => {
    const snake = name
      .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
      .replace(/([A-Z])([A-Z][a-z])/g, '$1_$2')
      .toLowerCase();
    return safe(snake.replace(/^_+/, ''), python);
  });
}

function safe(name: string, reserved: ReadonlySet<string>): string {
  const plain = name.replace(/[^A-Za-z0-9_]/g, '_').replace(/^(?=\d|$)/, '_');
  return reserved.has(plain) ? `${plain}_` : plain;
}

function distinct(names: readonly string[], make: (name: string) => string): ReadonlyMap<string, string> {
  const taken = new Set<string>();
  return new Map(
    names.map((name) => {
      let made = make(name);
      while (taken.has(made)) made += '_';
      taken.add(made);
      return [name, made];
    }),
  );
}

/** `alice-strings`: the name of a package. */
export function packageName(module: string): string {
  return module.replace(/^@/, '').replace('/', '-');
}

/** Text of others within a comment or a docstring: it ends neither. */
export function commentText(text: string): string {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f\u2028\u2029]/g, ' ')
    .replaceAll('*/', '* /')
    .replaceAll('\\', '\\\\')
    .replaceAll('"""', "'''");
}
