import { type Context, errorAt } from './context.ts';
import type { Origin } from './host.ts';

interface Place {
  readonly start: number;
  readonly end: number;
}

/** The user's answer, asked for once a module and need; each secret is a need of its own. */
export function isGranted(
  { session, module }: Context,
  origin: Origin,
  { need, detail }: { need: string; detail: string },
): Promise<boolean> {
  const key = [module.file, need, need === 'env' ? detail : ''].join('\n');
  let granted = session.grants.get(key);
  if (granted === undefined) {
    granted = session.host.grant?.({ module: origin, need, detail }) ?? Promise.resolve(false);
    session.grants.set(key, granted);
  }
  return granted;
}

/** Names under which a module may declare each need. */
const declaredAs: Readonly<Record<string, readonly string[]>> = {
  node: ['node'],
  sh: ['sh', 'bash'],
  cmd: ['cmd', 'sh', 'bash'],
  py: ['py', 'python'],
  filesystem: ['filesystem', 'fs', 'files'],
  env: ['env', 'keychain'],
  network: ['network'],
};

/**
 * Lets code act if nothing speaks against it: not while importing; for the user's own code, if that is allowed; for
 * imported code, if the module declared the need and the user granted it.
 * @throws MlldError `IMPORT_EFFECT`, `NEED_NOT_DECLARED`, `NEED_NOT_GRANTED`
 */
export async function permit(
  context: Context,
  node: Place,
  request: { need: string; detail: string },
): Promise<void> {
  const { session, module } = context;
  const { need, detail } = request;
  if (context.pure) {
    throw errorAt(context, node, {
      code: 'IMPORT_EFFECT',
      message: `'${need}' stands in a variable of an imported module, and importing must not act`,
      hint: 'Make it a function: exe @name() = …',
    });
  }
  if (module.origin === null) {
    if (session.allowOwnCode) return;
    throw errorAt(context, node, {
      code: 'NEED_NOT_GRANTED',
      message: `${module.file} may not use '${need}' in this run`,
    });
  }
  const { name, version } = module.origin;
  const names = declaredAs[need] ?? [need];
  const declared = names.find((candidate) => module.needs.has(candidate));
  if (declared === undefined) {
    throw errorAt(context, node, {
      code: 'NEED_NOT_DECLARED',
      message: `${name}@${version} uses '${need}' (${detail}) but does not declare it`,
      hint: `Its author must add: needs { ${need} }`,
    });
  }
  // What the user is asked for, and the lock file remembers, is what the author wrote.
  if (await isGranted(context, module.origin, { need: declared, detail })) return;
  throw errorAt(context, node, {
    code: 'NEED_NOT_GRANTED',
    message: `${name}@${version} wants to use '${need}' (${detail}), and that is not granted`,
    hint: 'Run it in a terminal to be asked, or grant the need when you add the module.',
  });
}
