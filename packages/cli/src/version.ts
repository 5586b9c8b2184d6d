import { readFileSync } from 'node:fs';

/** The version in this package's manifest; the bundle lies two folders below the package's root. */
export function ownVersion(): string {
  for (const up of ['../package.json', '../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(up, import.meta.url), 'utf8')) as {
        name?: string;
        version?: string;
      };
      if (manifest.name === '@mlld/cli' && manifest.version) return manifest.version;
    } catch {
      // Not there: this file runs from src/ or from dist/bundle/.
    }
  }
  return 'unknown';
}
