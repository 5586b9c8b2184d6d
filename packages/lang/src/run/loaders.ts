/**
 * The programs that run `node { … }` and `py { … }` in their own process. The job (code, arguments, shadow functions)
 * comes as JSON on the standard input; no part of it is ever put into a command line.
 */

/** Prints the code's value behind the job's mark, so that what the code itself prints can be told from it. */
export const nodeLoader = String.raw`
const job = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const AsyncFunction = (async () => {}).constructor;
const names = ['require', 'module', 'exports'];
const given = [require, module, exports];
const compile = (parameters, text, Kind) => {
  const all = [...names, ...shadows.map((f) => f.name), ...parameters];
  try { return new Kind(...all, 'return (' + text + '\n)'); } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return new Kind(...all, text);
  }
};
const shadows = job.functions;
const bound = [];
const own = (parameters) => [...given, ...bound];
for (const f of shadows) bound.push((...args) => compiled(f)(...own(), ...f.parameters.map((_, i) => args[i])));
const compiled = (f) => (f.fn ??= /\bawait\b/.test(f.text) ? compile(f.parameters, f.text, AsyncFunction) : compile(f.parameters, f.text, Function));
(async () => {
  const value = await compile(job.parameters, job.text, AsyncFunction)(...own(), ...job.args);
  const json = value === undefined ? '' : JSON.stringify(value, (key, item) => (typeof item === 'bigint' ? String(item) : item)) ?? '';
  process.stdout.write(job.mark + json + '\n', () => process.exit(process.exitCode ?? 0));
})().catch((error) => {
  process.stderr.write(String((error && error.stack) || error) + '\n', () => process.exit(1));
});
`;

export const pythonLoader = String.raw`
import sys, json, io, contextlib
_job = json.load(sys.stdin)
_scope = {'__name__': '__main__'}
def _make(f):
    def call(*args):
        scope = dict(_scope)
        scope.update(zip(f['parameters'], args))
        out = io.StringIO()
        with contextlib.redirect_stdout(out):
            exec(compile(f['text'], '<mlld>', 'exec'), scope)
        text = out.getvalue().rstrip('\n')
        try:
            return json.loads(text)
        except ValueError:
            return text
    return call
for _f in _job['functions']:
    _scope[_f['name']] = _make(_f)
_scope.update(_job['args'])
exec(compile(_job['text'], '<mlld>', 'exec'), _scope)
`;
