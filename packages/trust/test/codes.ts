import { isRegistryError } from '@mlld/format';

/** The code that `run` fails with, or `accepted`. Any other error is passed on. */
export function code(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (isRegistryError(error)) return error.code;
    throw error;
  }
  return 'accepted';
}
