/**
 * The SSH wire encoding (RFC 4251 §5), read strictly: a length never passes the end, and an `mpint` has one form.
 */

/** Thrown by the readers below; the caller knows what was being read and says so. */
export class WireError extends Error {}

export interface WireReader {
  /** Reads one octet. */
  byte(): number;
  uint32(): number;
  /** A `string`: octets after their uint32 length. */
  string(): Uint8Array;
  /** A `string` of printable ASCII. */
  ascii(): string;
  /** A positive `mpint` in its shortest form, as its magnitude without the sign octet. */
  positive(): Uint8Array;
  raw(length: number): Uint8Array;
  /** Refuses trailing octets. */
  end(): void;
}

/** @throws WireError, from each of the reader's functions */
export function readWire(bytes: Uint8Array): WireReader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const raw = (length: number): Uint8Array => {
    if (length > bytes.length - at)
      throw new WireError(`wanted ${length} octets, found ${bytes.length - at} before the end`);
    at += length;
    return bytes.subarray(at - length, at);
  };
  const uint32 = () => {
    raw(4);
    return view.getUint32(at - 4);
  };
  const string = () => raw(uint32());
  return {
    raw,
    uint32,
    string,
    byte: () => raw(1)[0]!,
    ascii: () => {
      const text = Buffer.from(string()).toString('latin1');
      if (!/^[\x20-\x7e]*$/.test(text)) throw new WireError('wanted printable ASCII');
      return text;
    },
    positive: () => positive(string()),
    end: () => {
      if (at !== bytes.length) throw new WireError(`${bytes.length - at} octets after the end`);
    },
  };
}

/** Concatenates parts; a text or octets become a `string`, a number a uint32, `raw` octets stay as they are. */
export function writeWire(...parts: readonly (string | Uint8Array | number | { raw: Uint8Array })[]): Buffer {
  return Buffer.concat(
    parts.flatMap((part) => {
      if (typeof part === 'number') return [uint32(part)];
      if (typeof part === 'object' && 'raw' in part) return [part.raw];
      const octets = typeof part === 'string' ? Buffer.from(part) : part;
      return [uint32(octets.length), octets];
    }),
  );
}

function uint32(value: number): Buffer {
  const octets = Buffer.alloc(4);
  octets.writeUInt32BE(value);
  return octets;
}

function positive(mpint: Uint8Array): Uint8Array {
  const [first, second] = mpint;
  if (first === undefined || first >= 0x80) throw new WireError('wanted a positive number');
  if (first !== 0) return mpint;
  if (second === undefined || second < 0x80) throw new WireError('a number is not in its shortest form');
  return mpint.subarray(1);
}
