// What a query attends to, as stretches of time that can be played.

export interface Stretch {
  start: number;
  end: number;
}

export const SHARE = 0.5; // of the attention that is played
export const GAP = 0.06; // seconds between stretches that are joined
export const SHORTEST = 0.09; // seconds that can still be heard as something

/** The frames that receive most of the attention, strongest first until `share` of it is reached, as stretches. */
export function attended(row: ArrayLike<number>, period: number, share = SHARE): Stretch[] {
  const strongest = Array.from(row, (_, frame) => frame).sort((a, b) => row[b] - row[a]);
  const total = strongest.reduce((sum, frame) => sum + row[frame], 0);
  if (!(total > 0)) return [];
  const chosen: number[] = [];
  for (let held = 0; held < share * total; held += row[chosen[chosen.length - 1]]) chosen.push(strongest[chosen.length]);
  const frames = chosen.sort((a, b) => a - b).map((frame) => ({ start: frame * period, end: (frame + 1) * period }));
  return joined(joined(frames).map((stretch) => lengthened(stretch, row.length * period)));
}

function joined(stretches: Stretch[]): Stretch[] {
  const result: Stretch[] = [];
  for (const { start, end } of stretches) {
    const last = result[result.length - 1];
    if (last && start - last.end <= GAP) last.end = Math.max(last.end, end);
    else result.push({ start, end });
  }
  return result;
}

function lengthened({ start, end }: Stretch, duration: number): Stretch {
  const missing = Math.max(0, SHORTEST - (end - start)) / 2;
  return { start: Math.max(0, start - missing), end: Math.min(duration, end + missing) };
}

/** Mean of some rows. */
export function meanRow(rows: Float32Array[]): Float32Array {
  const mean = new Float32Array(rows[0]?.length ?? 0);
  for (const row of rows) for (let i = 0; i < mean.length; i++) mean[i] += row[i] / rows.length;
  return mean;
}
