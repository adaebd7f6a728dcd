// The second store of a comparison: of another run, or of another head of the same run.
import type { Range } from "../core/range";
import { mapSignal } from "./derivedSignal";
import { ViewerStore } from "./viewerStore";

/**
 * A store of run `number` that shares query, range (in seconds) and colours with the first; another run also shares the
 * selected head. Null where that run lacks the utterance.
 */
export function openComparison(store: ViewerStore, number: number): ViewerStore | null {
  const run = store.runList.runs[number];
  const utterance = run.utterances.findIndex(({ id }) => id === store.utterance.value.id);
  if (utterance < 0) return null;
  const { comparisonLayer: layer, comparisonHead: head } = store.state;
  const state = number === store.runIndex ? { ...store.state, layer, head } : { ...store.state };
  const scale = store.run.frame_period / run.frame_period;
  if (scale !== 1) Object.assign(state, inFrames(store, scale));
  return new ViewerStore(store.client, store.runList, number, state, utterance);
}

/** Query and ranges in frames of another length; `scale` of them last as long as one frame of the first store. */
function inFrames({ state }: ViewerStore, scale: number): Pick<ViewerStore["state"], "query" | "keys" | "queries"> {
  const frame = (factor: number) => (query: number | null) =>
    query === null ? null : Math.floor((query + 0.5) * factor);
  const segment = (factor: number) => (range: Range | null) =>
    range && { from: range.from * factor, to: range.to * factor };
  return {
    query: mapSignal(state.query, frame(scale), frame(1 / scale)),
    keys: mapSignal(state.keys, segment(scale), segment(1 / scale)),
    queries: mapSignal(state.queries, segment(scale), segment(1 / scale)),
  };
}
