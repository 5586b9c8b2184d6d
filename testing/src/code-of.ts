import { isRegistryError } from '@mlld/format';

/** The code that `run` fails with, or `ok`. Any other error is passed on: none may leave a package. */
export function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
  return 'ok';
}
