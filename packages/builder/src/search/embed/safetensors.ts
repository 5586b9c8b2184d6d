/**
 * Reads tensors of a safetensors file: eight bytes with the length of a JSON header, the header, the bytes of the tensors without gaps.
 * Only what a static embedding model has: F32, F16, F64, I8, I32 and I64. Hostile bytes end in BAD_SHAPE.
 */
import { decode as d, parseJson, RegistryError } from '@mlld/format';

export interface Tensor {
  readonly shape: readonly number[];
  /** Number `i` in row-major order. */
  readonly at: (i: number) => number;
}

const mostHeaderBytes = 1024 * 1024;
const dtypes = ['F32', 'F16', 'F64', 'I8', 'I32', 'I64'] as const;
type DType = (typeof dtypes)[number];
const sizes: Readonly<Record<DType, number>> = { F32: 4, F16: 2, F64: 8, I8: 1, I32: 4, I64: 8 };

/** @throws RegistryError BAD_SHAPE, BAD_JSON */
export function readTensors(file: Uint8Array, where: string): ReadonlyMap<string, Tensor> {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  if (file.length < 8) throw bad(where, 'wanted the length of a header');
  const length = view.getBigUint64(0, true);
  if (length > BigInt(Math.min(mostHeaderBytes, file.length - 8)))
    throw bad(where, `its header of ${length} bytes is not there`);
  const start = 8 + Number(length);
  const header = d.object(
    parseJson(file.subarray(8, start), { where, maxBytes: mostHeaderBytes }),
    `${where}: $`,
  );
  const found = new Map<string, Tensor>();
  let end = 0;
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const $ = `${where}: $.${name}`;
    const tensor = d.object(value, $);
    const dtype = d.literal(...dtypes)(tensor.dtype, `${$}.dtype`);
    const shape = d.array(d.integer(0, 1_000_000_000), 8)(tensor.shape, `${$}.shape`);
    const [from, to] = d.array(d.integer(0), 2)(tensor.data_offsets, `${$}.data_offsets`);
    const count = shape.reduce((product, one) => product * one, 1);
    if (
      from === undefined ||
      to === undefined ||
      to - from !== count * sizes[dtype] ||
      start + to > file.length
    )
      throw bad($, `wanted ${count} numbers of type ${dtype} inside of the file`);
    end = Math.max(end, to);
    found.set(name, { shape, at: reader(view, dtype, start + from) });
  }
  if (start + end !== file.length) throw bad(where, `wanted ${start + end} bytes, found ${file.length}`);
  return found;
}

function reader(view: DataView, dtype: DType, from: number): (i: number) => number {
  switch (dtype) {
    case 'F32':
      return (i) => view.getFloat32(from + 4 * i, true);
    case 'F64':
      return (i) => view.getFloat64(from + 8 * i, true);
    case 'F16':
      return (i) => half(view.getUint16(from + 2 * i, true));
    case 'I8':
      return (i) => view.getInt8(from + i);
    case 'I32':
      return (i) => view.getInt32(from + 4 * i, true);
    case 'I64':
      return (i) => Number(view.getBigInt64(from + 8 * i, true));
  }
}

/** IEEE 754 binary16. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

function bad(where: string, what: string): RegistryError {
  return new RegistryError('BAD_SHAPE', `${where}: ${what}`);
}
