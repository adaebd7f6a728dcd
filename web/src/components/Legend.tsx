// The colours of maps: attention over uniform attention, in the colour of each category.
import { ramp, RAMP_STEPS, type Scale } from "../core/colour";
import type { DrawContext } from "../core/drawing";
import { COLOUR_TICKS, COLOUR_TITLES } from "../core/sheet";
import { LETTERS, theme } from "../store/theme";
import { Canvas } from "./Canvas";

/** Colours of some categories, by default of all, on the colour scale of maps. */
export function Legend({ scale = "log", categories = Object.keys(LETTERS) }: { scale?: Scale; categories?: string[] }) {
  return (
    <div class="oto-legend">
      <h3>{COLOUR_TITLES[scale]}</h3>
      {Object.entries(LETTERS)
        .filter(([category]) => categories.includes(category))
        .map(([category, letter]) => (
          <div class="oto-key" key={category}>
            <b>{letter}</b>
            <Canvas
              label={`Colours of ${category} heads, from ${COLOUR_TICKS[scale][0]} to ${COLOUR_TICKS[scale].at(-1)}`}
              draw={band(category)}
            />
          </div>
        ))}
      <div class="oto-key oto-ticks" aria-hidden="true">
        <b />
        <span>
          {COLOUR_TICKS[scale].map((tick) => (
            <i key={tick}>{tick}</i>
          ))}
        </span>
      </div>
    </div>
  );
}

const band = (category: string) => (context: DrawContext, width: number, height: number) => {
  const colours = ramp(theme.value, category);
  for (let x = 0; x < width; x++) {
    const word = colours[Math.round((x / (width - 1)) * (RAMP_STEPS - 1))];
    context.fillStyle = `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
    context.fillRect(x, 0, 1, height);
  }
};
