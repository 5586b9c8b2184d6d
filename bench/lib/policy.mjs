// A registry's policy and the key of its log, from a seed: for generated registries only.
import { createHash, createPrivateKey } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { encodePolicy, layout, signatureNamespace } from '@mlld/format';
import { formatVerifierKey, noteSigner } from '@mlld/trust/log';
import { signerFrom } from './sign.mjs';

/** Writes `policy/1.json` into a repository. @returns {string} the log's key in PEM, as `build` wants it */
export function writePolicy(folder, registry) {
  const seed = createHash('sha256').update('mlld benchmark log key').digest();
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const root = signerFrom(2);
  const origin = `${registry}/log`;
  const text = encodePolicy({
    type: 'policy',
    v: 1,
    registry,
    n: 1,
    roles: new Map([['root', { keys: [root.publicKey], threshold: 1 }]]),
    log: { origin, keys: [formatVerifierKey(noteSigner(origin, 'ed25519', seed).key)] },
    witnesses: [],
    quorum: 0,
    reserved: [],
    recoveryDelayHours: 168,
    createdAt: '2025-01-01T00:00:00.000Z',
  });
  const file = path.join(folder, layout.policy(1));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, text);
  writeFileSync(layout.signature(file), root.sign(text, signatureNamespace('policy')));
  return key.export({ format: 'pem', type: 'pkcs8' });
}
