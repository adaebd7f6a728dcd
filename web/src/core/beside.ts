// A second run beside the first, or a second head of the same run: everything else is shared.
import type { Range } from "./range";
import { seen } from "./seen";
import { Viewer } from "./viewer";

/**
 * A viewer of run `number` that follows the first one's query, view (in seconds) and colours; of another run it follows the
 * head, too. Null where that run lacks the utterance.
 */
export function openOther(viewer: Viewer, number: number): Viewer | null {
  const run = viewer.catalogue.runs[number];
  const place = run.utterances.findIndex(({ id }) => id === viewer.utterance.value.id);
  if (place < 0) return null;
  const { besideLayer: layer, besideHead: head } = viewer.state;
  const state = number === viewer.number ? { ...viewer.state, layer, head } : { ...viewer.state };
  const scale = viewer.run.frame_period / run.frame_period;
  if (scale !== 1) Object.assign(state, inFrames(viewer, scale));
  return new Viewer(viewer.asking, viewer.catalogue, number, state, place);
}

/** Query and view in frames of another length, `scale` of them to one of the viewer's. */
function inFrames({ state }: Viewer, scale: number): Pick<Viewer["state"], "query" | "keys" | "queries"> {
  const frame = (by: number) => (at: number | null) => (at === null ? null : Math.floor((at + 0.5) * by));
  const stretch = (by: number) => (range: Range | null) => range && { from: range.from * by, to: range.to * by };
  return {
    query: seen(state.query, frame(scale), frame(1 / scale)),
    keys: seen(state.keys, stretch(scale), stretch(1 / scale)),
    queries: seen(state.queries, stretch(scale), stretch(1 / scale)),
  };
}
