// The state of the page: signals that all views read and write, and the run that they show.
import { batch, computed, signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { ApiClient, type Host } from "../core/client";
import { clamp, type Range } from "../core/range";
import { routes } from "../core/routes";
import type { HeadInfo, RunInfo, RunList, UtteranceDetail } from "../core/schema";
import { isolated, visible } from "../core/plainText";
import { levels } from "../core/tiles";
import { FIELDS, initialState, parse, serialize, type State } from "./urlFields";

export class ViewerStore {
  readonly client: ApiClient;
  readonly state: State;
  readonly runList: RunList;
  readonly run: RunInfo;
  /** Values of the fields that an address does not contain. */
  private readonly initial: Record<string, unknown>;
  readonly utterance = computed(() => this.run.utterances[this.state.utterance.value] ?? this.run.utterances[0]);
  /** The id of the utterance as text for sentences. */
  readonly utteranceName = computed(() => isolated(this.utterance.value.id));
  /** The selected head; the first head of the run where the selected one does not exist. */
  readonly selectedHead = computed<HeadInfo>(() => this.headAt(this.state.layer.value, this.state.head.value));
  readonly frames = computed(() => this.utterance.value.frames);
  readonly keys = computed<Range>(() => this.state.keys.value ?? { from: 0, to: this.frames.value });
  readonly queries = computed<Range>(() => this.state.queries.value ?? { from: 0, to: this.frames.value });

  /** A store for one of the runs; the second store of a comparison shares all state but the utterance. */
  constructor(
    client: ApiClient,
    runList: RunList,
    readonly runIndex = 0,
    shared: State = initialState(),
    utterance?: number,
  ) {
    this.client = client;
    this.runList = runList;
    this.run = runList.runs[runIndex];
    const stored = Math.max(
      0,
      this.run.utterances.findIndex((info) => info.stored),
    );
    this.state = { ...shared, utterance: signal(utterance ?? stored) };
    const initial = Object.entries(FIELDS).map(([name, field]) => [name, field.initial]);
    this.initial = { ...Object.fromEntries(initial), utterance: stored };
  }

  headAt(layer: number, head: number): HeadInfo {
    return this.run.heads.find((info) => info.layer === layer && info.head === head) ?? this.run.heads[0];
  }

  selectHead({ layer, head }: { layer: number; head: number }): void {
    batch(() => {
      this.state.layer.value = layer;
      this.state.head.value = head;
    });
  }

  /** Request the coarsest tile of a head, since the user is likely to open it; the model computes nothing for that. */
  prefetch({ layer, head }: { layer: number; head: number }): void {
    if (!this.utterance.value.stored) return;
    const coarsest = levels(this.frames.value) - 1;
    const tile = routes.tile(this.runIndex, this.state.utterance.value, layer, head, coarsest, 0, 0);
    this.client.bytes(tile).catch(() => undefined); // the view of the head shows the error
  }

  selectUtterance(utterance: number): void {
    batch(() => {
      this.state.utterance.value = utterance;
      this.state.keys.value = this.state.queries.value = this.state.query.value = null;
    });
  }

  setRange(keys: Range | null, queries: Range | null): void {
    batch(() => {
      this.state.keys.value = keys;
      this.state.queries.value = queries;
    });
  }

  detail(): Promise<UtteranceDetail> {
    return this.client.json<UtteranceDetail>(routes.utterance(this.runIndex, this.state.utterance.value));
  }

  /** The state as the address contains it. */
  serialize(): string {
    return serialize(this.state, this.initial);
  }

  parse(address: string): void {
    batch(() => {
      parse(this.state, this.initial, address);
      this.clampState();
    });
  }

  /** Bring what an address contains to what exists. */
  private clampState(): void {
    const { utterance, layer, head, query, keys, queries } = this.state;
    if (!this.run.utterances[utterance.value]) utterance.value = 0;
    ({ layer: layer.value, head: head.value } = this.headAt(layer.value, head.value) ?? { layer: 0, head: 0 });
    const frames = this.frames.value;
    if (query.value !== null) query.value = Math.min(query.value, frames - 1);
    for (const range of [keys, queries]) if (range.value) range.value = clamp(range.value, frames);
  }
}

export async function openStore(host: Host): Promise<ViewerStore> {
  const client = new ApiClient(host);
  const { version, runs } = await client.json<RunList>(routes.runs());
  return new ViewerStore(client, { version, runs: runs.map(withVisibleNames) });
}

const withVisibleNames = (run: RunInfo): RunInfo => ({
  ...run,
  name: visible(run.name),
  model: visible(run.model),
  corpus: visible(run.corpus),
});

export const StoreContext = createContext<ViewerStore>(null as unknown as ViewerStore);
export const useStore = (): ViewerStore => useContext(StoreContext);
