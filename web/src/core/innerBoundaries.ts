// Boundaries between the phones of an utterance, from its labels.
import type { Span } from "./schema";

const SAME_TIME_SECONDS = 1e-6; // two closer times are one boundary

/** Every start and end but the outermost two, the same as otoscope.phones.inner_boundaries. */
export function innerBoundaries(spans: Span[]): number[] {
  const times = spans.flatMap(({ start, end }) => [start, end]).sort((a, b) => a - b);
  return times.slice(1, -1).filter((time, index, all) => index === 0 || time - all[index - 1] > SAME_TIME_SECONDS);
}
