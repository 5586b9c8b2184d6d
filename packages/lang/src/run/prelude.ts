/**
 * What runs first in each sandbox: `console`, and the bridge over which values come and go as JSON. It keeps what it
 * uses of the language in constants, so that code that changes the built-ins breaks only itself.
 */
export const prelude = `(function (log, invoke) {
  const { parse, stringify } = JSON;
  const { isArray } = Array;
  const from = Array.from;
  const apply = Reflect.apply;
  const then = Promise.prototype.then;
  const text = (value) => {
    if (typeof value === 'string') return value;
    if (value instanceof Error) return String(value);
    try { return stringify(value, clean) ?? String(value); } catch { return String(value); }
  };
  const write = (level) => (...parts) => { log(level, parts.map(text).join(' ')); };
  globalThis.console = {
    log: write(0), info: write(0), debug: write(0), table: write(0), error: write(1), warn: write(1), trace: write(1),
  };
  function clean(key, value) {
    if (typeof value === 'bigint') return String(value);
    if (value instanceof Map) return Object.fromEntries(value);
    if (value instanceof Set) return from(value);
    return value;
  }
  const encode = (value) => {
    if (value instanceof Error) throw value;
    const json = value === undefined ? undefined : stringify(value, clean);
    return json === undefined ? 'u' : 'j' + json;
  };
  const decode = (encoded) => (encoded === 'u' ? undefined : parse(encoded.slice(1)));
  const bind = (id, name) => {
    const fn = (...args) => {
      const result = invoke(id, stringify(args, clean));
      return typeof result === 'string' ? decode(result) : apply(then, result, [decode]);
    };
    Object.defineProperty(fn, 'name', { value: name });
    return fn;
  };
  const revive = (encoded) => {
    const { args, holes } = parse(encoded);
    for (const { path, id, name } of holes) {
      let at = args;
      for (let i = 0; i < path.length - 1; i++) at = at[path[i]];
      at[path[path.length - 1]] = id < 0 ? undefined : bind(id, name);
    }
    return args;
  };
  const open = new Map();
  let count = 0;
  return {
    call(fn, encoded) {
      const result = apply(fn, undefined, revive(encoded));
      if (!(result instanceof Promise) && typeof result?.then !== 'function') return encode(result);
      const id = String(count++);
      open.set(id, { done: false });
      Promise.resolve(result).then(
        (value) => open.set(id, { done: true, value }),
        (error) => open.set(id, { done: true, failed: true, error }),
      );
      return 'p' + id;
    },
    poll(id) {
      const state = open.get(id);
      if (!state.done) return 'p' + id;
      open.delete(id);
      if (state.failed) throw state.error;
      return encode(state.value);
    },
  };
})`;
