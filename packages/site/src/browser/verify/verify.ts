/** Checks one version again from the registry's own files, step by step; nothing is taken from the page but what it claims. */
import {
  layout,
  limits,
  type ModuleName,
  type ProofBundle,
  parseKeyset,
  parsePolicy,
  parseProof,
  parseRelease,
  type Release,
  type Sha256Hex,
} from '@mlld/format';
import { readFile } from '../root.ts';
import { sha256Hex } from './bytes.ts';
import { verifyInclusion } from './log.ts';
import { fingerprint, keyBlob, type Signed, signersOf, Unsupported } from './sshsig.ts';

export interface Claim {
  readonly registry: string;
  readonly name: ModuleName;
  readonly version: string;
  readonly digest?: Sha256Hex;
  readonly statement?: Sha256Hex;
  readonly files: readonly { readonly path: string; readonly size?: number; readonly sha256?: Sha256Hex }[];
  readonly blobs: boolean;
  /** These are the pages of a cache, which holds a part: what is missing was not hidden by anybody. */
  readonly partial: boolean;
}

export interface Step {
  readonly title: string;
  readonly result: 'passed' | 'failed' | 'none';
  readonly detail: string;
}

type Tell = (step: Step) => void;

/** Runs every check, telling each; a failed one does not stop those that don't need it. @returns whether all that could be checked held */
export async function verify(claim: Claim, tell: Tell): Promise<boolean> {
  let good = true;
  const step = async <T>(
    title: string,
    check: () => Promise<readonly [detail: string, value: T]>,
  ): Promise<T | undefined> => {
    try {
      const [detail, value] = await check();
      tell({ title, result: 'passed', detail });
      return value;
    } catch (error) {
      const unsupported = error instanceof Unsupported;
      if (!unsupported) good = false;
      tell({
        title,
        result: unsupported ? 'none' : 'failed',
        detail: error instanceof Error ? error.message : String(error),
      });
      return undefined;
    }
  };
  if (claim.statement === undefined)
    tell({
      title: 'Statement',
      result: 'none',
      detail: 'Nobody signed this version: there is only its hash.',
    });
  else {
    const bundle = await step('Statement', () => readBundle(claim));
    const release = bundle && (await step('What it is about', () => readRelease(bundle, claim)));
    if (bundle !== undefined && release !== undefined) {
      await step("The author's keys and signature", () => checkSignature(bundle, claim));
      if (bundle.log === undefined)
        tell({ title: 'Log', result: 'none', detail: 'This registry keeps no log.' });
      else await step('Place in the log', () => checkLog(bundle, claim));
    }
    good &&= claim.partial || (bundle !== undefined && release !== undefined);
  }
  const files = await step('Bytes of each file', () => checkFiles(claim));
  if (files !== undefined && claim.digest !== undefined)
    await step('Content digest', () => checkDigest(claim, files));
  return good;
}

async function readBundle(claim: Claim): Promise<readonly [string, ProofBundle]> {
  const { statement } = claim;
  const path = layout.proof(statement ?? '');
  const bytes = await readFile(path, limits.proofBytes);
  if (bytes === undefined) throw missing(claim, `${path} is not there`);
  const bundle = parseProof(bytes, path);
  const found = await sha256Hex(bundle.statement);
  if (found !== statement) throw new Error(`wanted sha256 ${statement}, found ${found}`);
  return [`sha256 ${found.slice(0, 16)}… as the index says`, bundle];
}

async function readRelease(bundle: ProofBundle, claim: Claim): Promise<readonly [string, Release]> {
  const release = parseRelease(bundle.statement);
  const rows = [
    ['registry', claim.registry, release.registry],
    ['module', claim.name, release.name],
    ['version', claim.version, release.version],
    ['digest', claim.digest, release.digest],
  ] as const;
  for (const [what, wanted, found] of rows)
    if (wanted !== found) throw new Error(`wanted ${what} ${wanted}, found ${found}`);
  const same = (file: Claim['files'][number]) =>
    release.files.some(({ path, sha256 }) => path === file.path && sha256 === file.sha256);
  if (release.files.length !== claim.files.length || !claim.files.every(same))
    throw new Error('the page and the statement name other files');
  return [
    `${release.name} ${release.version} for ${release.registry}, ${release.files.length} files`,
    release,
  ];
}

/** Each keyset is signed by the one before it, and the release by the last. */
async function checkSignature(
  bundle: ProofBundle,
  { name, registry }: Claim,
): Promise<readonly [string, true]> {
  let keys: readonly Uint8Array[] = [];
  let threshold = 1;
  for (const [i, text] of bundle.keysets.entries()) {
    const keyset = parseKeyset(text.statement);
    if (keyset.n !== i + 1 || keyset.registry !== registry || `@${keyset.author}` !== name.split('/')[0])
      throw new Error(`keyset ${i + 1} is about something else`);
    const own = keyset.keys.map(({ key }) => keyBlob(key));
    const [signing, wanted] = i === 0 ? [own, keyset.threshold] : [keys, threshold];
    const signers = await signersOf(text as Signed, 'mlld-keyset@v1', signing);
    if (signers.length < wanted)
      throw new Error(`keyset ${i + 1} has ${signers.length} of ${wanted} signatures`);
    [keys, threshold] = [own, keyset.threshold];
  }
  const [signer] = await signersOf(bundle, 'mlld-release@v1', keys);
  if (signer === undefined) throw new Error("no key of the author's keyset signed this release");
  return [`signed by ${await fingerprint(signer)}, keyset ${bundle.keysets.length}`, true];
}

async function checkLog(bundle: ProofBundle, claim: Claim): Promise<readonly [string, true]> {
  const keys = await logKeys(claim);
  const entry = new TextEncoder().encode(bundle.statement);
  const { size, origin } = await verifyInclusion(bundle.log?.proof ?? '', { entry, keys });
  return [`entry ${bundle.log?.index} of ${size} in ${origin}; mlld also asks its witnesses`, true];
}

/** Of a registry, a failure: it has to have what it names. */
function missing({ partial }: Claim, message: string): Error {
  return partial
    ? new Unsupported('not in the cache: mlld checked it when it fetched the module')
    : new Error(message);
}

/** From the newest policy; a client pins the first one, a page can't. */
async function logKeys(claim: Claim): Promise<readonly string[]> {
  let keys: readonly string[] | undefined;
  for (let n = 1; n <= 100; n++) {
    const bytes = await readFile(layout.policy(n), limits.statementBytes);
    if (bytes === undefined) break;
    keys = parsePolicy(bytes).log.keys;
  }
  if (keys === undefined) throw missing(claim, 'the registry has no policy that names its log');
  return keys;
}

async function checkFiles(claim: Claim): Promise<readonly [string, Map<string, string>]> {
  const { files, blobs } = claim;
  if (!blobs) throw new Unsupported("this registry keeps no bytes: mlld asks the author's own sources");
  const found = new Map<string, string>();
  let bytes = 0;
  for (const { path, sha256, size } of files) {
    if (sha256 === undefined) throw new Unsupported(`nobody stated a hash of ${path}`);
    const content = await readFile(layout.blob(sha256));
    if (content === undefined) throw missing(claim, `${path}: its bytes are not in this registry`);
    const hash = await sha256Hex(content);
    if (hash !== sha256)
      throw new Error(`${path}: wanted sha256 ${sha256}, found ${hash}: these are other bytes`);
    if (size !== undefined && content.length !== size)
      throw new Error(`${path}: wanted ${size} bytes, found ${content.length}`);
    found.set(path, hash);
    bytes += content.length;
  }
  return [`${files.length} files, ${bytes} bytes, each hashed`, found];
}

/** sha256 over the sorted lines `<sha256>  <path>` (docs/spec/digests.md §1). */
async function checkDigest(
  { digest }: Claim,
  files: ReadonlyMap<string, string>,
): Promise<readonly [string, true]> {
  const lines = [...files].sort(([a], [b]) => (a < b ? -1 : 1)).map(([path, hash]) => `${hash}  ${path}\n`);
  const found = await sha256Hex(lines.join(''));
  if (found !== digest) throw new Error(`wanted ${digest}, found ${found}`);
  return [`sha256 ${found.slice(0, 16)}… over all files`, true];
}
