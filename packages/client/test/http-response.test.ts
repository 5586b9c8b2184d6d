import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHead, responseParser } from '../src/node/http/response.ts';

interface Got {
  readonly status: number;
  readonly body: string;
}

/** What a connection that sends these octets in these pieces is understood as. */
function read(octets: string, cuts: readonly number[] = [], { ends = true, expected = 99 } = {}): Got[] {
  const got: Got[] = [];
  let status = 0;
  let body = '';
  const receiver = {
    onHead: (head: { status: number }) => {
      status = head.status;
      body = '';
    },
    onBody: (chunk: Buffer) => {
      body += chunk.toString('latin1');
    },
    onEnd: () => void got.push({ status, body }),
  };
  const parser = responseParser(() => (got.length < expected ? receiver : undefined));
  const all = Buffer.from(octets, 'latin1');
  const at = [...new Set(cuts.map((cut) => cut % (all.length + 1)))].sort((a, b) => a - b);
  let from = 0;
  for (const cut of [...at, all.length]) {
    if (cut > from) parser.push(all.subarray(from, cut));
    from = Math.max(from, cut);
  }
  if (ends) parser.end();
  return got;
}

const chunked = (parts: readonly string[]) =>
  `${parts.map((part) => `${part.length.toString(16)};x=y\r\n${part}\r\n`).join('')}0\r\ntrailer: t\r\n\r\n`;

const answers = fc.array(
  fc.oneof(
    fc.string({ unit: 'binary-ascii', maxLength: 40 }).map((body) => ({
      text: `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
      got: { status: 200, body },
    })),
    fc.array(fc.string({ unit: 'binary-ascii', minLength: 1, maxLength: 20 })).map((parts) => ({
      text: `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(parts)}`,
      got: { status: 200, body: parts.join('') },
    })),
    fc.constantFrom(204, 304).map((status) => ({
      text: `HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\nHTTP/1.1 ${status} \r\netag: "x"\r\n\r\n`,
      got: { status, body: '' },
    })),
  ),
);

describe('answers on one connection', () => {
  it('are the same however they are cut', () => {
    fc.assert(
      fc.property(answers, fc.array(fc.nat()), (list, cuts) => {
        expect(read(list.map(({ text }) => text).join(''), cuts)).toEqual(list.map(({ got }) => got));
      }),
    );
  });

  it('may last until the connection ends', () => {
    const text = 'HTTP/1.1 200 OK\r\n\r\nsome text';
    expect(read(text)).toEqual([{ status: 200, body: 'some text' }]);
    expect(read(text, [], { ends: false })).toEqual([]);
  });

  it('are no more than were asked for', () => {
    const one = 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\na';
    expect(() => read(one + one, [], { expected: 1 })).toThrow('nobody asked');
  });

  it('are bounded before their ends are there', () => {
    expect(() => read(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(40_000)}`)).toThrow('too long');
    const chunk = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    expect(() => read(`${chunk}1;${'y'.repeat(2000)}`)).toThrow('too long');
    expect(() => read(`${chunk}0\r\n${'a: b\r\n'.repeat(10_000)}`)).toThrow('too long');
    expect(() => read(`${chunk}1\r\nabc`)).toThrow('too long');
  });

  it.each([
    ['no HTTP', '220 smtp.example.org ESMTP\r\n\r\n'],
    ['no HTTP', 'HTTP/2 200\r\n\r\n'],
    ['no HTTP', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a malformed header', 'HTTP/1.1 200 OK\r\n folded: x\r\n\r\n'],
    ['a malformed header', 'HTTP/1.1 200 OK\r\nname : x\r\n\r\n'],
    ['stated twice', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n'],
    ['stated twice', 'HTTP/1.1 200 OK\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
    ['a malformed content-length', 'HTTP/1.1 200 OK\r\ncontent-length: 1, 1\r\n\r\n'],
    ['a malformed content-length', 'HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n'],
    ['an unknown transfer-encoding', 'HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, chunked\r\n\r\n'],
    ['a chunk without a size', 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0x1\r\na\r\n'],
  ])('are refused: %s (%j)', (problem, text) => {
    expect(() => read(text)).toThrow(problem);
  });

  it('are understood or refused, whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary-ascii', maxLength: 200 }), fc.array(fc.nat()), (text, cuts) => {
        try {
          read(`HTTP/1.1 200 OK\r\n${text}`, cuts);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  it('say whether the connection is kept', () => {
    const kept = (text: string) => parseHead(`${text}\r\ncontent-length: 0`).persistent;
    expect(kept('HTTP/1.1 200 OK')).toBe(true);
    expect(kept('HTTP/1.1 200 OK\r\nConnection: Close')).toBe(false);
    expect(kept('HTTP/1.0 200 OK\r\nconnection: keep-alive')).toBe(false);
  });
});
