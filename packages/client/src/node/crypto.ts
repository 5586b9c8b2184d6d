/** Node's hash and randomness. They are loaded when they are first needed: a first import asks its registry before. */

type Crypto = typeof import('node:crypto');

let loaded: Crypto | undefined;

function crypto(): Crypto {
  loaded ??= process.getBuiltinModule('node:crypto');
  return loaded;
}

/** Hex. */
export function sha256(data: Uint8Array | string): string {
  return crypto().hash('sha256', data, 'hex');
}

/** Hex of so many bytes. */
export function randomHex(bytes: number): string {
  return crypto().randomBytes(bytes).toString('hex');
}
