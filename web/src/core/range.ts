// The visible range of frames, and how it zooms and pans.

export interface Range {
  from: number;
  to: number;
}

export const FEWEST = 8; // frames that are shown at the highest zoom

export function clamp(range: Range, frames: number): Range {
  const length = Math.min(frames, Math.max(range.to - range.from, Math.min(FEWEST, frames)));
  const from = Math.min(Math.max(range.from, 0), frames - length);
  return { from, to: from + length };
}

/** Scale a range by a factor; `frame` keeps its position on the screen. */
export function zoom(range: Range, frame: number, factor: number, frames: number): Range {
  const length = Math.min(frames, Math.max(FEWEST, (range.to - range.from) * factor));
  const share = (frame - range.from) / (range.to - range.from);
  return clamp({ from: frame - share * length, to: frame + (1 - share) * length }, frames);
}

export function pan(range: Range, shift: number, frames: number): Range {
  return clamp({ from: range.from + shift, to: range.to + shift }, frames);
}

/** From a position on the screen, 0 to 1, to frames and back. */
export const frameAt = (range: Range, share: number): number => range.from + share * (range.to - range.from);
export const shareOf = (range: Range, frame: number): number => (frame - range.from) / (range.to - range.from);
