// Gates of heads in the live ablation: a pair of all chosen heads, which the kind names, and pairs of single heads.
import { GATE_PREFIX } from "./schema";

/** Scale and temperature of a head, in percent. */
export interface Gate {
  scale: number;
  temperature: number;
}

export type Gates = ReadonlyMap<string, Gate>;

/** The state of the page: the kind of replacement, and pairs as `0.1-30-250`. */
export interface WrittenGates {
  kind: string;
  own: string[];
}

export const UNCHANGED: Gate = { scale: 100, temperature: 100 };
export const FIRST: Gate = { scale: 50, temperature: 100 };

const PAIR = "(\\d{1,3})-([1-9]\\d{0,2})";
const COMMON = new RegExp(`^${GATE_PREFIX}${PAIR}$`);
const OWN = new RegExp(`^(\\d{1,6}\\.\\d{1,6})-${PAIR}$`);

const write = ({ scale, temperature }: Gate): string => `${scale}-${temperature}`;

export const gateKind = (gate: Gate): string => `${GATE_PREFIX}${write(gate)}`;

/** The pair that a kind names; null where heads are replaced instead. */
export function commonGate(kind: string): Gate | null {
  const [, scale, temperature] = kind.match(COMMON) ?? [];
  return scale === undefined ? null : { scale: Number(scale), temperature: Number(temperature) };
}

/** The gate of each chosen head, in their order; pairs of other heads, and what is no pair, are ignored. */
export function readGates({ kind, own }: WrittenGates, heads: string[]): Gates {
  const gates = new Map(heads.map((head) => [head, commonGate(kind) ?? UNCHANGED]));
  for (const text of own) {
    const [, head, scale, temperature] = text.match(OWN) ?? [];
    if (gates.has(head)) gates.set(head, { scale: Number(scale), temperature: Number(temperature) });
  }
  return gates;
}

/** The same gates as text; the pair of all heads stays, and only what differs from it is written. */
export function writeGates(gates: Gates, common: Gate): WrittenGates {
  const own = [...gates].filter(([, gate]) => write(gate) !== write(common));
  return { kind: gateKind(common), own: own.map(([head, gate]) => `${head}-${write(gate)}`) };
}

/** The pairs of some heads. */
export const gatesOfHeads = (own: string[], heads: string[]): string[] =>
  own.filter((text) => heads.includes(text.split("-")[0]));

/** The kind in the path of a request. */
export function requestKind(written: WrittenGates, heads: string[]): string {
  const common = commonGate(written.kind);
  if (!common) return written.kind;
  const { kind, own } = writeGates(readGates(written, heads), common);
  return [kind, ...own].join(",");
}
