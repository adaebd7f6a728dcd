// The colours of maps: attention over uniform attention, in the colour of each category.
import { ramp, RAMP_STEPS } from "../core/colour";
import type { DrawContext } from "../core/drawing";
import { LETTERS, theme } from "../store/theme";
import { Canvas } from "./Canvas";

const TICKS = ["\u00bc", "1", "4", "16", "64"];

export function Legend() {
  return (
    <div class="oto-legend">
      <h3>Attention, times uniform</h3>
      {Object.entries(LETTERS).map(([category, letter]) => (
        <div class="oto-key" key={category}>
          <b>{letter}</b>
          <Canvas
            label={`Colours of ${category} heads, from a quarter of uniform attention to 64 times`}
            draw={band(category)}
          />
        </div>
      ))}
      <div class="oto-key oto-ticks" aria-hidden="true">
        <b />
        <span>
          {TICKS.map((tick) => (
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
