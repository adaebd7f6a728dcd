// The segments of the audio that a query attends to.

export interface Segment {
  start: number;
  end: number;
}

export const SHARE = 0.5; // of the attention that is played
export const GAP = 0.06; // seconds between stretches that are joined
export const SHORTEST = 0.09; // seconds; a user does not recognise shorter audio

/** The fewest frames that receive `share` of the attention, as segments in seconds. */
export function attendedSegments(row: ArrayLike<number>, period: number, share = SHARE): Segment[] {
  const strongest = Array.from(row, (_, frame) => frame).sort((a, b) => row[b] - row[a]);
  const total = strongest.reduce((sum, frame) => sum + row[frame], 0);
  if (!(total > 0)) return [];
  const chosen: number[] = [];
  for (let sum = 0; sum < share * total; sum += row[chosen[chosen.length - 1]]) chosen.push(strongest[chosen.length]);
  return segmentsOf(chosen, period, row.length);
}

/** Some of the `count` frames of an utterance as segments in seconds, long enough to be recognised. */
export function segmentsOf(frames: readonly number[], period: number, count: number): Segment[] {
  const ordered = [...frames].sort((a, b) => a - b);
  const segments = mergeSegments(ordered.map((frame) => ({ start: frame * period, end: (frame + 1) * period })));
  return mergeSegments(segments.map((segment) => padSegment(segment, count * period)));
}

function mergeSegments(segments: Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const { start, end } of segments) {
    const last = result[result.length - 1];
    if (last && start - last.end <= GAP) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

function padSegment({ start, end }: Segment, duration: number): Segment {
  const missing = Math.max(0, SHORTEST - (end - start)) / 2;
  return { start: Math.max(0, start - missing), end: Math.min(duration, end + missing) };
}

/** The mean of rows, frame by frame. */
export function meanRow(rows: Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i] += row[i] / rows.length;
  return mean;
}
