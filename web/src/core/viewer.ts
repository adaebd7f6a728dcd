// What is looked at: one set of signals that every room reads and writes, and that the address bar holds.
import { batch, computed, effect, signal, untracked, type Signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { Asking, type Source } from "./asking";
import type { Scale } from "./colour";
import type { Range } from "./range";
import { levels } from "./tiles";
import type { Catalogue, HeadInfo, RunInfo, UtteranceDetail } from "./schema";

export const ROOMS = ["atlas", "head", "heads", "relations", "importance", "compare"] as const;
export type Room = (typeof ROOMS)[number];

const OFTEN = 150; // ms between two writings of the address, which browsers do not take much oftener

interface Field<T> {
  read(text: string): T;
  write(value: T): string;
}

const text: Field<string> = { read: (given) => given, write: (value) => value };
const whole: Field<number> = { read: (given) => parseInt(given, 10) || 0, write: String };
const maybe: Field<number | null> = {
  read: (given) => (given === "" ? null : Number(given)),
  write: (value) => (value === null ? "" : String(value)),
};
const range: Field<Range | null> = {
  read: (given) => {
    const [from, to] = given.split("~").map(Number);
    return to > from ? { from, to } : null;
  },
  write: (value) => (value ? `${value.from.toFixed(1)}~${value.to.toFixed(1)}` : ""),
};
const list: Field<string[]> = {
  read: (given) => (given ? given.split(",") : []),
  write: (value) => value.join(","),
};

const FIELDS = {
  room: text as unknown as Field<Room>,
  utterance: whole,
  layer: whole,
  head: whole,
  query: maybe,
  phone: text,
  scale: text as unknown as Field<Scale>,
  marks: list,
  keys: range,
  queries: range,
  sort: text,
  show: text,
  x: text,
  y: text,
  chosen: list,
  off: list,
  span: maybe,
  beside: text,
  besideLayer: whole,
  besideHead: whole,
  probe: text,
  direction: text,
  across: text,
  up: text,
};

type State = { [K in keyof typeof FIELDS]: Signal<(typeof FIELDS)[K] extends Field<infer T> ? T : never> };

const INITIAL: Record<keyof typeof FIELDS, string> = {
  room: "atlas",
  utterance: "0",
  layer: "0",
  head: "0",
  query: "",
  phone: "",
  scale: "log",
  marks: "",
  keys: "",
  queries: "",
  sort: "",
  show: "",
  x: "globalness",
  y: "diagonality",
  chosen: "",
  off: "",
  span: "",
  beside: "",
  besideLayer: "0",
  besideHead: "1",
  probe: "",
  direction: "",
  across: "",
  up: "",
};

const names = Object.keys(FIELDS) as (keyof typeof FIELDS)[];

function initial(): State {
  return Object.fromEntries(names.map((name) => [name, signal(FIELDS[name].read(INITIAL[name]))])) as unknown as State;
}

export class Viewer {
  readonly asking: Asking;
  readonly state: State;
  readonly catalogue: Catalogue;
  readonly run: RunInfo;
  /** What an address that says nothing means. */
  private readonly initial: typeof INITIAL;
  readonly utterance = computed(() => this.run.utterances[this.state.utterance.value] ?? this.run.utterances[0]);
  /** The head that is chosen; the first of the run where there is no such head. */
  readonly chosenHead = computed<HeadInfo>(() => this.headAt(this.state.layer.value, this.state.head.value));
  readonly frames = computed(() => this.utterance.value.frames);
  readonly keys = computed<Range>(() => this.state.keys.value ?? { from: 0, to: this.frames.value });
  readonly queries = computed<Range>(() => this.state.queries.value ?? { from: 0, to: this.frames.value });

  /** A viewer of one of the runs; one beside another shares its state, but for the place of the utterance. */
  constructor(
    asking: Asking,
    catalogue: Catalogue,
    readonly number = 0,
    shared: State = initial(),
    place?: number,
  ) {
    this.asking = asking;
    this.catalogue = catalogue;
    this.run = catalogue.runs[number];
    const stored = Math.max(0, this.run.utterances.findIndex((utterance) => utterance.stored));
    this.state = { ...shared, utterance: signal(place ?? stored) };
    this.initial = { ...INITIAL, utterance: String(stored) };
  }

  headAt(layer: number, head: number): HeadInfo {
    return this.run.heads.find((one) => one.layer === layer && one.head === head) ?? this.run.heads[0];
  }

  choose({ layer, head }: { layer: number; head: number }): void {
    batch(() => {
      this.state.layer.value = layer;
      this.state.head.value = head;
    });
  }

  /** Have a head's map made ready, since it is about to be looked at. */
  warm({ layer, head }: { layer: number; head: number }): void {
    const coarsest = levels(this.frames.value) - 1;
    const tile = `${this.number}/tile/${this.state.utterance.value}/${layer}/${head}/${coarsest}/0/0`;
    this.asking.bytes(tile).catch(() => undefined); // whoever opens the head is told
  }

  listen(utterance: number): void {
    batch(() => {
      this.state.utterance.value = utterance;
      this.state.keys.value = this.state.queries.value = this.state.query.value = null;
    });
  }

  look(keys: Range | null, queries: Range | null): void {
    batch(() => {
      this.state.keys.value = keys;
      this.state.queries.value = queries;
    });
  }

  detail(): Promise<UtteranceDetail> {
    return this.asking.json<UtteranceDetail>(`${this.number}/utterance/${this.state.utterance.value}`);
  }

  /** The state as an address holds it: only what differs from the beginning. */
  written(): string {
    const parts = names.map((name) => [name, (FIELDS[name] as Field<unknown>).write(this.state[name].value)]);
    return new URLSearchParams(parts.filter(([name, value]) => value !== this.initial[name as keyof typeof FIELDS])).toString();
  }

  read(address: string): void {
    const given = new URLSearchParams(address);
    batch(() => {
      for (const name of names) (this.state[name] as Signal<unknown>).value = FIELDS[name].read(given.get(name) ?? this.initial[name]);
      if (!ROOMS.includes(this.state.room.value)) this.state.room.value = "atlas";
      if (!this.run.utterances[this.state.utterance.value]) this.state.utterance.value = 0;
    });
  }

  /** Keep the state in the address bar, and follow it when it is changed there; the way back leads from room to room. */
  followAddress(): void {
    this.read(location.hash.slice(1));
    let [last, later] = [-Infinity, 0];
    let room: string = this.state.room.peek();
    const write = () => {
      last = performance.now();
      history.replaceState(null, "", `#${this.written()}`);
    };
    effect(() => {
      void this.written();
      clearTimeout(later);
      later = window.setTimeout(write, Math.max(0, last + OFTEN - performance.now()));
    });
    effect(() => {
      const entered = this.state.room.value;
      if (entered === room) return;
      room = entered;
      untracked(() => history.pushState(null, "", `#${this.written()}`));
    });
    addEventListener("pagehide", write);
    addEventListener("hashchange", ({ newURL }) => {
      const address = new URL(newURL).hash.slice(1); // location may be ours again
      room = new URLSearchParams(address).get("room") ?? INITIAL.room; // it is in the history already
      this.read(address);
    });
  }
}

export async function openViewer(source: Source): Promise<Viewer> {
  const asking = new Asking(source);
  return new Viewer(asking, await asking.json<Catalogue>("runs"));
}

export const ViewerContext = createContext<Viewer>(null as unknown as Viewer);
export const useViewer = (): Viewer => useContext(ViewerContext);
