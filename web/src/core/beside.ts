// A second run beside the first, or a second head of the same run: everything else is shared.
import { Viewer } from "./viewer";

/**
 * A viewer of run `number` that follows the first one's query, view and colours; of another run it follows the head, too.
 * Null where that run lacks the utterance.
 */
export function openOther(viewer: Viewer, number: number): Viewer | null {
  const run = viewer.catalogue.runs[number];
  const place = run.utterances.findIndex(({ id }) => id === viewer.utterance.value.id);
  if (place < 0) return null;
  const { besideLayer: layer, besideHead: head } = viewer.state;
  const state = number === viewer.number ? { ...viewer.state, layer, head } : { ...viewer.state };
  return new Viewer(viewer.asking, viewer.catalogue, number, state, place);
}
