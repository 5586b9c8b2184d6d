import { encodeProof, layout, parseProof } from '@mlld/format';
import { startHostileServer } from '@mlld/testing';
import { describe, expect, onTestFinished, test } from 'vitest';
import { errorOf, project } from './fixture/project.ts';
import { distribution, keysetText, sha256 } from './fixture/registry.ts';
import { blobOf, evil, one, refused, statementOf, tamper, two, victim } from './fixture/victim.ts';

describe('bytes', () => {
  test('threat 1: other bytes than the ones that were signed', async () => {
    const made = distribution([one]);
    for (const at of [blobOf('var @x = "one"\n'), layout.proof(statementOf(made))]) {
      const { my, files, add } = await victim(made);
      const bytes = Buffer.from(files.get(at)!);
      bytes[bytes.length >> 1]! ^= 1;
      files.set(at, bytes);
      await refused(my, at.startsWith('blob') ? 'HASH_MISMATCH' : (await errorOf(add)).code, add);
    }
  });

  test('threat 2: bytes without an end', async () => {
    const server = await startHostileServer({ content: Buffer.from(evil), mode: 'endless' });
    onTestFinished(() => server.close());
    const { my, add } = await victim(
      distribution([{ ...one, sources: [`${server.url}/endless/`] }], { blobs: false }),
    );
    await refused(my, 'SIZE_MISMATCH', add);
    expect(server.sent).toBeLessThan(4 * 1024 * 1024);
  });

  test('threat 18: the only source is gone, or shows a page instead', async () => {
    for (const [mode, code] of [
      ['404', 'UNREACHABLE'],
      ['451', 'UNREACHABLE'],
      ['html', 'SIZE_MISMATCH'],
    ] as const) {
      const server = await startHostileServer({ content: Buffer.from(evil), mode });
      onTestFinished(() => server.close());
      const { my, add } = await victim(
        distribution([{ ...one, sources: [`${server.url}/x/`] }], { blobs: false }),
      );
      await refused(my, code, add);
    }
  });

  test('threat 21: a small answer that unpacks to a large one', async () => {
    const server = await startHostileServer({ content: Buffer.from(evil), mode: 'gzip-bomb' });
    onTestFinished(() => server.close());
    const { my, add } = await victim(
      distribution([{ ...one, sources: [`${server.url}/x/`] }], { blobs: false }),
    );
    await refused(my, 'SIZE_MISMATCH', add);
  });

  test('threat 35: a source that leads to files, other schemes or the inner network', async () => {
    for (const mode of ['redirect-file', 'redirect-ftp', 'redirect-javascript', 'redirect-loop'] as const) {
      const server = await startHostileServer({ content: Buffer.from(evil), mode });
      onTestFinished(() => server.close());
      const { my, add } = await victim(
        distribution([{ ...one, sources: [`${server.url}/x/`] }], { blobs: false }),
      );
      await refused(my, 'UNREACHABLE', add);
    }
  });
});

describe('statements', () => {
  test('threat 3: a dependency that the author did not declare', async () => {
    const { my, files, add } = await victim(distribution([{ ref: '@mallory/m@1.0.0' }, one]));
    tamper(files, (line) => ({ ...line, imports: new Map([['@mallory/m' as never, '*']]) }));
    await refused(my, 'WRONG_SUBJECT', add);
  });

  test('threat 9: one key of a threshold of two, signing twice', async () => {
    const made = distribution([one]);
    const { my, files, add } = await victim(made);
    const at = layout.proof(statementOf(made));
    const proof = parseProof(files.get(at)!);
    const key = made.keys.get('alice')!;
    const keyset = keysetText({ registry: made.name, author: 'alice', n: 1, keys: [key], signer: key });
    const [first] = proof.keysets;
    const raised = {
      statement: first!.statement.replace('"threshold": 1', '"threshold": 2'),
      signatures: [...keyset.signatures, ...keyset.signatures],
    };
    files.set(at, Buffer.from(encodeProof({ ...proof, keysets: [raised] })));
    await refused(my, 'BAD_STATEMENT', add);
  });

  test('threat 10: a good signature in another place', async () => {
    const made = distribution([one, { ref: '@alice/other@1.0.0' }]);
    const { my, files, add } = await victim(made);
    tamper(files, (line) => ({ ...line, statement: made.lines.get('@alice/other@1.0.0')!.statement! }));
    await refused(my, 'WRONG_SUBJECT', add);
    const elsewhere = await victim(made);
    elsewhere.files.set(
      layout.registry,
      distribution([], { name: 'other.test' }).files.get(layout.registry)!,
    );
    await refused(elsewhere.my, 'WRONG_SUBJECT', elsewhere.add);
  });

  test('threat 13: a version that was published again with other bytes', async () => {
    const keys = new Map();
    const { my, add, show } = await victim(distribution([one], { keys }));
    await add();
    show(distribution([{ ...one, files: evil }, two], { keys }));
    const before = my.lockText();
    await my.client().install();
    expect(my.lockText()).toBe(before);
    expect((await my.client().resolveImport('@alice/a')).source).toContain('one');
  });

  test('threat 15: somebody else with the name of an author', async () => {
    const { my, add, show } = await victim(distribution([one]));
    await add();
    show(distribution([one, two]));
    await refused(my, 'KEYSET_CHANGED', () => add('@alice/a@1.1.0'));
  });

  test('threat 19: a yanked version is not taken anew, and stays where it is locked', async () => {
    const keys = new Map();
    const { my, add, show, files, served } = await victim(distribution([one, two], { keys }));
    await add();
    show(distribution([one, two], { keys, yanked: { '@alice/a@1.0.0': 'leaks' } }));
    expect((await my.client().resolveImport('@alice/a')).origin.version).toBe('1.0.0');
    const fresh = project({ registry: served.base });
    await refused(fresh, 'YANKED', () => fresh.client().add(['@alice/a@1.0.0']));
    expect(files.has(blobOf('var @x = "one"\n'))).toBe(true);
  });

  test('threat 32: a version with less evidence than the one before', async () => {
    const keys = new Map();
    const { my, add, show } = await victim(distribution([one], { keys }));
    await add();
    show(distribution([one, { ...two, signed: false }], { keys }));
    await refused(my, 'EVIDENCE_DOWNGRADE', () => add('@alice/a@1.1.0'));
  });

  test('threat 33: weaker algorithms and shortened hashes', async () => {
    const made = distribution([one]);
    const weak = await victim(made);
    const at = layout.proof(statementOf(made));
    const proof = parseProof(weak.files.get(at)!);
    const sha1 = (armour: string) => {
      const [head, ...rest] = armour.trimEnd().split('\n');
      const bytes = Buffer.from(rest.slice(0, -1).join(''), 'base64');
      const place = bytes.indexOf('sha512');
      const changed = Buffer.concat([
        bytes.subarray(0, place - 4),
        Buffer.from([0, 0, 0, 4]),
        Buffer.from('sha1'),
        bytes.subarray(place + 6),
      ]);
      return `${head}\n${changed.toString('base64').replace(/.{70}/g, '$&\n')}\n${rest.at(-1)}\n`;
    };
    weak.files.set(at, Buffer.from(encodeProof({ ...proof, signatures: proof.signatures.map(sha1) })));
    await refused(weak.my, 'BAD_SIGNATURE', weak.add);
    const short = await victim(made);
    const index = layout.index('@alice/a' as never);
    const text = short.files.get(index)!.toString();
    short.files.set(
      index,
      Buffer.from(text.replaceAll(sha256('var @x = "one"\n'), sha256('x').slice(0, 16))),
    );
    await refused(short.my, (await errorOf(short.add)).code, short.add);
  });

  test('threat 34: keys that everybody can sign for', async () => {
    const made = distribution([one]);
    const { my, files, add } = await victim(made);
    const at = layout.proof(statementOf(made));
    const proof = parseProof(files.get(at)!);
    const zero = Buffer.concat([
      Buffer.from([0, 0, 0, 11]),
      Buffer.from('ssh-ed25519'),
      Buffer.from([0, 0, 0, 32]),
      Buffer.alloc(32),
    ]);
    const line = `ssh-ed25519 ${zero.toString('base64')}`;
    const keyset = keysetText({
      registry: made.name,
      author: 'alice',
      n: 1,
      keys: [{ ...made.keys.get('alice')!, line }],
      signer: made.keys.get('alice')!,
    });
    files.set(at, Buffer.from(encodeProof({ ...proof, keysets: [keyset] })));
    await refused(my, 'WEAK_KEY', add);
  });

  test('threat 37: what one parser reads otherwise than another', async () => {
    const made = distribution([one]);
    const index = layout.index('@alice/a' as never);
    const text = made.files.get(index)!.toString();
    for (const [twisted, code] of [
      [text.replace('{"v":1', '{"v":1,"v":1'), 'BAD_JSON'],
      [text.replace('"v":1', '"__proto__":{},"v":1'), 'BAD_JSON'],
      [text.replace(/"size":\d+/, '"size":9007199254740993'), 'BAD_JSON'],
      [text.replace('"about":"', '"about":"\\ud800'), 'BAD_JSON'],
      [text.replace('"v":1', `"x":${'['.repeat(5000)}${']'.repeat(5000)},"v":1`), 'BAD_JSON'],
    ] as const) {
      const { my, files, add } = await victim(made);
      expect(twisted).not.toBe(text);
      files.set(index, Buffer.from(twisted));
      await refused(my, code, add);
    }
  });
});
