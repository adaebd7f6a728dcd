// Where one phone ends and the next begins, by the labels.
import type { Span } from "./schema";

const ROUNDING = 1e-6; // seconds within which two times are one

/** Every start and end but the outermost two, as otoscope.phones.inner_boundaries has them. */
export function innerBoundaries(spans: Span[]): number[] {
  const times = spans.flatMap(({ start, end }) => [start, end]).sort((a, b) => a - b);
  return times.slice(1, -1).filter((time, place, all) => place === 0 || time - all[place - 1] > ROUNDING);
}
