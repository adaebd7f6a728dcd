// Named arrays from the bytes that otoscope.viewer.array_format packed.
import { MAGIC, type Dtype } from "./schema";

export type Values = Uint8Array | Int32Array | Float32Array;

export interface NamedArray {
  shape: number[];
  values: Values;
}

export interface ArrayBlock {
  arrays: Record<string, NamedArray>;
  attributes: Record<string, unknown>;
}

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  offset: number;
}

const ARRAYS = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array };

export function unpack(bytes: ArrayBuffer): ArrayBlock {
  const head = new Uint8Array(bytes, 0, Math.min(8, bytes.byteLength));
  if (new TextDecoder().decode(head.subarray(0, 4)) !== MAGIC)
    throw new Error("expected arrays of otoscope, found other bytes");
  const body = 8 + new DataView(bytes).getUint32(4, true);
  const { arrays, ...attributes } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, body - 8)));
  const named = (arrays as Entry[]).map((entry) => [entry.name, array(bytes, body, entry)]);
  return { arrays: Object.fromEntries(named), attributes };
}

function array(bytes: ArrayBuffer, body: number, { dtype, shape, offset }: Entry): NamedArray {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: new ARRAYS[dtype](bytes, body + offset, count) };
}

/** The values of an array; the block must contain it. */
export function floats(block: ArrayBlock, name: string): Float32Array {
  return block.arrays[name].values as Float32Array;
}
