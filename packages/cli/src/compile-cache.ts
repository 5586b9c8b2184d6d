/**
 * V8's compiled code of one file of the bundle, kept between runs: compiling is half of what a short program costs. The code is
 * run as it is kept: so it is read only where nobody but the user can have written it.
 */
import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { Script } from 'node:vm';
import { userLayout } from '@mlld/format';
import { setEngineFlags } from '@mlld/lang';

export interface Loaded {
  readonly exports: unknown;
  /** Keeps the compiled code for the next run, if there is more of it than before. To be called when the work is done. */
  readonly keep: (usedEngine: boolean) => void;
}

export interface LoadOptions {
  /** Digest of the file. V8 looks only at the length of a source, and at its own version and flags. */
  readonly digest: string;
  readonly home: string;
  /** That of a file beside it. */
  readonly require: NodeJS.Require;
}

/**
 * Loads a CommonJS file of the bundle, which is ASCII. There are two kinds of compiled code: with that of the JavaScript engine,
 * which V8 takes only under the flags of that engine, and without. Most users' programs need always one of them.
 */
export function loadCompiled(file: string, { digest, home, require }: LoadOptions): Loaded {
  const plain = path.join(home, userLayout.compiled, `${digest}-${process.version}-${process.arch}`);
  const withEngine = `${plain}-js`;
  const engineData = readOwn(withEngine);
  if (engineData !== undefined) setEngineFlags();
  const cachedData = engineData ?? readOwn(plain);
  const script = new Script(`(function (module, require, __filename) {${readFileSync(file, 'latin1')}\n})`, {
    filename: file,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: undefined as unknown };
  script.runInThisContext()(module, require, file);
  const isNew = cachedData === undefined || script.cachedDataRejected === true;
  return {
    exports: module.exports,
    keep: (usedEngine) => {
      const engine = usedEngine || engineData !== undefined;
      if (isNew || (usedEngine && engineData === undefined))
        writeOwn(engine ? withEngine : plain, script.createCachedData());
    },
  };
}

/** The content of a file that others neither own nor can write to. */
function readOwn(file: string): Buffer | undefined {
  let opened: number | undefined;
  try {
    opened = openSync(file, 'r');
    const { uid, mode } = fstatSync(opened);
    return uid === process.getuid?.() && (mode & 0o022) === 0 ? readFileSync(opened) : undefined;
  } catch {
    return undefined;
  } finally {
    if (opened !== undefined) closeSync(opened);
  }
}

/** A home that can't be written to costs no more than the time that this would save. */
function writeOwn(file: string, data: Buffer): void {
  const temporary = `${file}.${process.pid}`;
  try {
    // What other versions left is of no use any more.
    rmSync(path.dirname(file), { recursive: true, force: true });
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(temporary, data, { mode: 0o600, flag: 'wx' });
    renameSync(temporary, file);
  } catch {
    // The next run tries again.
  }
}
