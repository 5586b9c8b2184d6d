// What the demo prints. Colours and redrawn lines only on a terminal.
const terminal = process.stdout.isTTY === true;
const colored = terminal && !process.env.NO_COLOR;

const codes = { bold: [1, 22], dim: [2, 22], red: [31, 39], green: [32, 39], cyan: [36, 39] };

export function style(name, text) {
  const [on, off] = codes[name];
  return colored ? `\u001b[${on}m${text}\u001b[${off}m` : text;
}

export function print(text = '') {
  process.stdout.write(`${text}\n`);
}

export function milliseconds(ms) {
  return ms < 1000 ? `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}

/** Runs one step of the demo with a line of its own: what happens, then what came of it and how long it took. */
export async function step(title, work) {
  const started = performance.now();
  const draw = (text) => {
    if (terminal)
      process.stdout.write(
        `\r\u001b[2K  ${style('dim', '…')} ${text.slice(0, (process.stdout.columns ?? 80) - 6)}`,
      );
  };
  draw(title);
  try {
    const { said, ...result } = await work((text) => draw(`${title}: ${text}`));
    const took = milliseconds(performance.now() - started).padStart(8);
    if (terminal) process.stdout.write('\r\u001b[2K');
    print(`  ${style('green', '✓')} ${style('dim', took)}  ${said}`);
    return result;
  } catch (error) {
    if (terminal) process.stdout.write('\r\u001b[2K');
    print(`  ${style('red', '✗')} ${title}`);
    throw error;
  }
}

/** The output of a program, set off from ours. */
export function quote(text) {
  for (const line of text.trimEnd().split('\n')) print(`  ${style('dim', '│')} ${line}`);
}

/** Rows under titles; a title that starts with `>` is aligned to the right. */
export function table(titles, rows) {
  const columns = titles.map((title, i) => ({
    title: title.replace(/^>/, ''),
    right: title.startsWith('>'),
    width: Math.max(title.replace(/^>/, '').length, ...rows.map((row) => row[i].length)),
  }));
  const line = (cells) =>
    cells
      .map((cell, i) => (columns[i].right ? cell.padStart(columns[i].width) : cell.padEnd(columns[i].width)))
      .join('  ')
      .trimEnd();
  print(`  ${style('dim', line(columns.map(({ title }) => title)))}`);
  for (const row of rows) print(`  ${line(row)}`);
}

/** What has to hold, each with a mark. Returns whether all do. */
export function verdict(claims) {
  for (const [text, holds] of claims) print(`  ${holds ? style('green', '✓') : style('red', '✗')} ${text}`);
  return claims.every(([, holds]) => holds);
}
