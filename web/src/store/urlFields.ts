// The state of the page that its address contains: one row for each field, with its initial value.
import { signal, type Signal } from "@preact/signals";
import { SCALES, type Scale } from "../core/colour";
import type { Range } from "../core/range";

export interface Field<T> {
  initial: T;
  parse(text: string): T;
  serialize(value: T): string;
}

const text = (initial: string): Field<string> => ({ initial, parse: (value) => value, serialize: (value) => value });
const scale = (initial: Scale): Field<Scale> => ({
  initial,
  parse: (value) => ((SCALES as readonly string[]).includes(value) ? (value as Scale) : initial),
  serialize: (value) => value,
});
const integer = (initial: number): Field<number> => ({
  initial,
  parse: (value) => wholeNumber(value) ?? initial,
  serialize: String,
});
const optionalNumber = (): Field<number | null> => ({
  initial: null,
  parse: wholeNumber,
  serialize: (value) => (value === null ? "" : String(value)),
});
const optionalRange = (): Field<Range | null> => ({
  initial: null,
  parse: (value) => {
    const [from, to] = value.split("~").map(Number);
    return Number.isFinite(from) && Number.isFinite(to) && to > from ? { from, to } : null;
  },
  serialize: (value) => (value ? `${value.from.toFixed(1)}~${value.to.toFixed(1)}` : ""),
});
const list = (initial: string[] = []): Field<string[]> => ({
  initial,
  parse: (value) => (value ? value.split(",") : []),
  serialize: (value) => value.join(","),
});

/** A number of frames, heads or layers; null where the text is none. */
function wholeNumber(value: string): number | null {
  return /^\d{1,6}$/.test(value) ? Number(value) : null;
}

/** Fields by their name in the address. A new one needs a row here and nothing else. */
export const FIELDS = {
  view: text("atlas"),
  utterance: integer(0),
  find: text(""),
  contains: text(""),
  speaker: text(""),
  length: text(""),
  layer: integer(0),
  head: integer(0),
  query: optionalNumber(),
  phone: text(""),
  share: text("half"),
  listening: list(["fades"]),
  scale: scale("log"),
  marks: list(),
  keys: optionalRange(),
  queries: optionalRange(),
  sort: text(""),
  show: text(""),
  x: text("globalness"),
  y: text("diagonality"),
  chosen: list(),
  off: list(),
  span: optionalNumber(),
  kind: text("zero"),
  gates: list(),
  comparison: text(""),
  comparisonLayer: integer(0),
  comparisonHead: integer(1),
  probe: text(""),
  direction: text(""),
  across: text(""),
  up: text(""),
  measure: text(""),
  step: optionalNumber(),
  statistic: text(""),
};

export type FieldName = keyof typeof FIELDS;
type FieldValue<F> = F extends Field<infer T> ? T : never;
export type State = { [K in FieldName]: Signal<FieldValue<(typeof FIELDS)[K]>> };

export const FIELD_NAMES = Object.keys(FIELDS) as FieldName[];

export function initialState(): State {
  return Object.fromEntries(FIELD_NAMES.map((name) => [name, signal(FIELDS[name].initial)])) as unknown as State;
}

/** The fields that differ from their initial values, as an address contains them. */
export function serialize(state: State, initial: Record<string, unknown>): string {
  const parts = FIELD_NAMES.map((name) => {
    const { serialize: write } = FIELDS[name] as Field<unknown>;
    return [name, write(state[name].value), write(initial[name])];
  });
  const changed = parts.filter(([, value, first]) => value !== first);
  return new URLSearchParams(changed.map(([name, value]) => [name, value])).toString();
}

/** Set the state to what an address contains; fields that it lacks get their initial values. */
export function parse(state: State, initial: Record<string, unknown>, address: string): void {
  const values = new URLSearchParams(address);
  for (const name of FIELD_NAMES) {
    const value = values.get(name);
    const field = FIELDS[name] as Field<unknown>;
    (state[name] as Signal<unknown>).value = value === null ? initial[name] : field.parse(value);
  }
}
