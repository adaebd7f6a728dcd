// The pictures of the view of a decoder: waveform, spectrogram, and a map of tokens.
import type { Signal } from "@preact/signals";
import { floats, type ArrayBlock } from "../core/arrayFormat";
import { ramp } from "../core/colour";
import type { DecoderMap } from "../core/decoderExample";
import type { DrawContext } from "../core/drawing";
import { ticks } from "../core/ticks";
import { theme } from "../store/theme";

export const RATE = 16000; // samples in a second of the stored audio

export function drawWave(context: DrawContext, width: number, height: number, block: ArrayBlock): void {
  const samples = floats(block, "example_wave");
  shadePauses(context, width, height, block);
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  context.fillStyle = theme.value.neutral;
  for (let x = 0; x < width; x++) {
    const part = samples.subarray((x / width) * samples.length, ((x + 1) / width) * samples.length);
    const peak = part.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0) / loudest;
    context.fillRect(x, (height / 2) * (1 - peak), 1, Math.max(0.5, height * peak));
  }
}

/** Draw the bands of the audio, low ones at the bottom. */
export function drawSpectrogram(context: DrawContext, width: number, height: number, block: ArrayBlock): void {
  const [frames, bands] = block.arrays.spectrogram.shape;
  const energies = floats(block, "spectrogram");
  const picture = Float32Array.from(
    energies,
    (_, place) => energies[(place % frames) * bands + bands - 1 - Math.floor(place / frames)],
  );
  drawWeights(context, [width, height], [bands, frames], picture);
}

/** Draw weights `[rows, columns]` of 0 to 1 over a whole canvas. */
function drawWeights(
  context: DrawContext,
  [width, height]: [number, number],
  [rows, columns]: [number, number],
  weights: Float32Array,
): void {
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [columns, rows];
  const colours = ramp(theme.value, "");
  const pixels = Uint32Array.from(
    weights,
    (weight) => colours[Math.round(Math.min(1, weight || 0) * (colours.length - 1))],
  );
  const data = new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows);
  picture.getContext("2d")!.putImageData(data, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, width, height);
}

/** Shade what is between labelled words. */
function shadePauses(context: DrawContext, width: number, height: number, block: ArrayBlock): void {
  if (!floats(block, "word_start").length) return;
  const seconds = block.arrays.example_wave.values.length / RATE;
  const starts = [...floats(block, "word_start"), seconds];
  const ends = [0, ...floats(block, "word_end")];
  context.fillStyle = theme.value.categories.vertical;
  context.globalAlpha = 0.15;
  ends.forEach((end, index) => {
    if (starts[index] > end)
      context.fillRect((end / seconds) * width, 0, ((starts[index] - end) / seconds) * width, height);
  });
  context.globalAlpha = 1;
}

interface DrawnMap {
  map: DecoderMap;
  row: Signal<number | null>;
  isText: Float32Array;
}

/** Draw the square root of the weights, so that weak ones are visible; rows of the prompt and the end are marked. */
export function drawMap(context: DrawContext, width: number, height: number, { map, row, isText }: DrawnMap): void {
  const { rows, columns, weights } = map;
  if (!rows) return;
  drawWeights(context, [width, height], [rows, columns], weights.map(Math.sqrt));
  context.fillStyle = theme.value.neutral;
  context.globalAlpha = 0.15;
  isText.forEach((text, place) => {
    if (!text) context.fillRect(0, (place / rows) * height, width, height / rows);
  });
  context.globalAlpha = 1;
  if (row.value === null) return;
  context.strokeStyle = theme.value.ink;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const edge of [row.value, row.value + 1]) {
    context.moveTo(0, (edge / rows) * height);
    context.lineTo(width, (edge / rows) * height);
  }
  context.stroke();
}

const LOWEST_ROW = 9; // pixels of a row with a text

/** Write the token of each row left of the map, as far as rows are high enough. */
export function drawRows(
  context: DrawContext,
  width: number,
  height: number,
  tokens: string[],
  selected: number | null,
): void {
  const across = height / tokens.length;
  context.textAlign = "right";
  context.textBaseline = "middle";
  tokens.forEach((token, place) => {
    if (across < LOWEST_ROW && place !== selected) return;
    context.font = `${place === selected ? "bold " : ""}${Math.min(11, Math.max(across, LOWEST_ROW))}px sans-serif`;
    context.fillStyle = place === selected ? theme.value.ink : theme.value.quiet;
    const text = context.measureText(token).width > width ? `${token.slice(0, 9)}…` : token;
    context.fillText(text, width - 2, (place + 0.5) * across);
  });
}

/** Write seconds below the sound. */
export function drawTime(context: DrawContext, width: number, seconds: number): void {
  context.font = "11px sans-serif";
  context.fillStyle = theme.value.quiet;
  context.textBaseline = "top";
  for (const { time, text } of ticks({ from: 0, to: seconds }, Math.max(2, Math.floor(width / 120)))) {
    const x = (time / seconds) * width;
    context.fillRect(x, 0, 1, 4);
    context.textAlign = x < 20 ? "left" : x > width - 20 ? "right" : "center";
    context.fillText(text, x, 5);
  }
}
