import { isRegistryError } from '../src/index.ts';

/** The code that `run` fails with, or `ok`. Any other error is passed on: none may leave this package. */
export function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
  return 'ok';
}
