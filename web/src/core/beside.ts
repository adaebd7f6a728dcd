// A second run beside the first: its own maps and heads, everything else shared.
import { Viewer } from "./viewer";

/** A viewer of run `number` that follows the first one's head, query, view and colours; null where it lacks the utterance. */
export function openOther(viewer: Viewer, number: number): Viewer | null {
  const run = viewer.catalogue.runs[number];
  const place = run.utterances.findIndex(({ id }) => id === viewer.utterance.value.id);
  if (place < 0) return null;
  return new Viewer(viewer.asking, viewer.catalogue, number, { ...viewer.state }, place);
}
