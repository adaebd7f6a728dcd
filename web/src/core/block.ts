// Named arrays out of the bytes that otoscope.viewer.block packed.
import { MAGIC, type Dtype } from "./schema";

export type Values = Uint8Array | Int32Array | Float32Array;

export interface Named {
  shape: number[];
  values: Values;
}

export interface Block {
  arrays: Record<string, Named>;
  about: Record<string, unknown>;
}

interface Entry {
  name: string;
  dtype: Dtype;
  shape: number[];
  offset: number;
}

const ARRAYS = { uint8: Uint8Array, int32: Int32Array, float32: Float32Array };

export function unpack(bytes: ArrayBuffer): Block {
  const head = new Uint8Array(bytes, 0, Math.min(8, bytes.byteLength));
  if (new TextDecoder().decode(head.subarray(0, 4)) !== MAGIC) throw new Error("these bytes are no block of otoscope");
  const body = 8 + new DataView(bytes).getUint32(4, true);
  const { arrays, ...about } = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 8, body - 8)));
  const named = (arrays as Entry[]).map((entry) => [entry.name, array(bytes, body, entry)]);
  return { arrays: Object.fromEntries(named), about };
}

function array(bytes: ArrayBuffer, body: number, { dtype, shape, offset }: Entry): Named {
  const count = shape.reduce((product, size) => product * size, 1);
  return { shape, values: new ARRAYS[dtype](bytes, body + offset, count) };
}

/** An array that must be there. */
export function floats(block: Block, name: string): Float32Array {
  return block.arrays[name].values as Float32Array;
}
