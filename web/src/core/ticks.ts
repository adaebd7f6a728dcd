// Round numbers along an axis.
import type { Range } from "./range";

export interface Tick {
  time: number;
  text: string;
}

/** About `count` round times within a range of seconds, with as many decimals as needed to differ. */
export function ticks({ from, to }: Range, count: number): Tick[] {
  const rough = (to - from) / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * [1, 2, 5, 10].find((factor) => factor * power >= rough * (1 - 1e-9))!;
  const decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step).map((time) => ({
    time,
    text: `${time.toFixed(decimals)} s`,
  }));
}
