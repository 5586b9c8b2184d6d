import { RegistryError } from '@mlld/format';

export const codeOf = (error: unknown): string =>
  error instanceof RegistryError ? error.code : String(error);
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
