// Signs statements as `ssh-keygen -Y sign` does (PROTOCOL.sshsig), natively: ten thousand processes would take minutes.
// The key is made from a seed and speaks for generated modules only.
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');

function wire(...parts) {
  return Buffer.concat(
    parts.flatMap((part) => {
      if (typeof part === 'number') {
        const size = Buffer.alloc(4);
        size.writeUInt32BE(part);
        return [size];
      }
      const bytes = Buffer.from(part);
      return [wire(bytes.length), bytes];
    }),
  );
}

/** An Ed25519 key from a seed. @returns {{publicKey: string, sign: (text: string, namespace: string) => string}} */
export function signerFrom(seed) {
  const secret = createHash('sha256').update(`mlld benchmark key ${seed}`).digest();
  const key = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, secret]), format: 'der', type: 'pkcs8' });
  const raw = createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-32);
  const blob = wire('ssh-ed25519', raw);
  return {
    publicKey: `ssh-ed25519 ${blob.toString('base64')} bench@example.org`,
    sign(text, namespace) {
      const digest = createHash('sha512').update(text).digest();
      const head = Buffer.from('SSHSIG');
      const signed = Buffer.concat([head, wire(namespace, '', 'sha512', digest)]);
      const signature = wire('ssh-ed25519', sign(null, signed, key));
      const envelope = Buffer.concat([head, wire(1), wire(blob, namespace, '', 'sha512', signature)]);
      const lines = envelope.toString('base64').match(/.{1,70}/g);
      return `-----BEGIN SSH SIGNATURE-----\n${lines.join('\n')}\n-----END SSH SIGNATURE-----\n`;
    },
  };
}
