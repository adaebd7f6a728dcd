// Tracks along the time axis of a map: the attention of a query, the spectrogram, phones and words.
import type { UtterancePlayer } from "../store/player";
import type { DrawContext } from "../core/drawing";
import { shareOf as positionOf, type Range } from "../core/range";
import type { Span } from "../core/schema";
import { formatNumber } from "../core/heads";
import { visible } from "../core/plainText";
import { theme } from "../store/theme";
import { ticks } from "../core/ticks";
import type { ViewerStore } from "../store/viewerStore";
import { boundaryLines } from "./BoundaryMarks";
import { Canvas } from "./Canvas";

type Context = DrawContext;

const LABEL_WIDTH = 70; // pixels for each number of the clock

/** The attention of the query as a curve over the keys. */
export function AttentionCurve({ player }: { player: UtterancePlayer }) {
  return (
    <Canvas
      class="oto-strip oto-curve"
      label="Attention of the query over time"
      draw={(context, width, height) => {
        const row = player.attention.value;
        if (!row) return;
        const top = curveTop(row);
        curve(context, row, top, player.store.keys.value, width, height, categoryColour(player.store));
        curveAxis(context, row, top, width, height);
      }}
    />
  );
}

const LOWEST_TOP = 4; // times uniform attention: a lower peak is drawn low, as the map is pale

/** The weight at the upper edge of the curve: the peak of the whole row, of which perhaps a part is visible. */
const curveTop = (row: Float32Array): number =>
  row.reduce((most, weight) => Math.max(most, weight), LOWEST_TOP / row.length);

const heightOf = (weight: number, top: number, height: number): number => height - 1 - (height - 4) * (weight / top);

/** The upper edge in multiples of uniform attention, and a line at uniform attention. */
function curveAxis(context: Context, row: Float32Array, top: number, width: number, height: number): void {
  const uniform = Math.round(heightOf(1 / row.length, top, height)) + 0.5;
  context.strokeStyle = theme.value.quiet;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(0, uniform);
  context.lineTo(width, uniform);
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = theme.value.ink;
  context.font = "10.5px system-ui, sans-serif";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(`${formatNumber(top * row.length)} × uniform`, 4, 8);
}

function curve(
  context: Context,
  row: Float32Array,
  highest: number,
  keys: Range,
  width: number,
  height: number,
  colour: string,
): void {
  const [first, last] = [Math.floor(keys.from), Math.min(row.length, Math.ceil(keys.to))];
  const top = (weight: number) => heightOf(weight, highest, height);
  context.beginPath();
  context.moveTo(0, height);
  for (let key = first; key < last; key++) {
    context.lineTo(positionOf(keys, key) * width, top(row[key]));
    context.lineTo(positionOf(keys, key + 1) * width, top(row[key]));
  }
  context.lineTo(width, height);
  context.fillStyle = colour;
  context.globalAlpha = 0.25;
  context.fill();
  context.globalAlpha = 1;
  context.strokeStyle = colour;
  context.lineWidth = 1.25;
  context.stroke();
}

/** The same attention as shading on the waveform. */
export function AttentionShading({ player }: { player: UtterancePlayer }) {
  return (
    <Canvas
      class="oto-shading"
      label="Shading where the query attends to"
      draw={(context, width, height) => {
        const row = player.attention.value;
        if (!row) return;
        const keys = player.store.keys.value;
        context.fillStyle = categoryColour(player.store);
        for (let key = Math.floor(keys.from); key < Math.min(keys.to, row.length); key++) {
          context.globalAlpha = 0.7 * shade(row[key] * row.length);
          const [left, right] = [key, key + 1].map((frame) => Math.round(positionOf(keys, frame) * width));
          context.fillRect(left, 0, right - left, height);
        }
        context.globalAlpha = 1;
      }}
    />
  );
}

const MARK_HEIGHT = 4; // pixels

/** Marks at the parts that are played, or that would be: what is attended to below, the query above. */
export function PlayedParts({ player }: { player: UtterancePlayer }) {
  return (
    <Canvas
      class="oto-played"
      label="Marks at the parts that are played"
      draw={(context, width, height) => {
        const range = player.labels.visibleSeconds("keys");
        const { listening } = player;
        for (const { role, start, end } of listening.playback.parts.value ?? listening.parts.value) {
          const [left, right] = [start, end].map((time) => positionOf(range, time) * width);
          context.fillStyle = role === "query" ? theme.value.ink : categoryColour(player.store);
          context.fillRect(left, role === "query" ? 0 : height - MARK_HEIGHT, Math.max(1, right - left), MARK_HEIGHT);
        }
      }}
    />
  );
}

/** Opacity of attention, as a multiple of uniform attention: a fifth at 1, full from 31. */
const shade = (times: number): number => Math.min(1, Math.log2(1 + times) / 5);

/** The spectrogram, below the visible phone boundaries. */
export function Spectrogram({ player }: { player: UtterancePlayer }) {
  return (
    <Canvas
      class="oto-strip oto-spectrogram"
      label="Spectrogram, mel scale"
      draw={(context, width, height) => {
        const picture = player.audio.spectrogram.value;
        if (!picture) return;
        const { from, to } = player.labels.visibleSeconds("keys");
        const column = (seconds: number) => (seconds - picture.start) / picture.step;
        const [first, last] = [
          Math.max(0, Math.floor(column(from))),
          Math.min(picture.image.width, Math.ceil(column(to))),
        ];
        const x = (index: number) => positionOf({ from, to }, picture.start + index * picture.step) * width;
        if (last > first) context.drawImage(crop(picture.image, first, last), x(first), 0, x(last) - x(first), height);
        boundaryLines(context, player, "keys", width, height);
      }}
    />
  );
}

function crop(image: HTMLCanvasElement, left: number, right: number): HTMLCanvasElement {
  const part = document.createElement("canvas");
  part.width = right - left;
  part.height = image.height;
  part.getContext("2d")!.drawImage(image, -left, 0);
  return part;
}

/** Seconds along the map's upper edge. */
export function Clock({ player }: { player: UtterancePlayer }) {
  return (
    <Canvas
      class="oto-labels oto-keys oto-clock"
      label="Seconds"
      draw={(context, width, height) => {
        const { from, to } = player.labels.visibleSeconds("keys");
        context.fillStyle = theme.value.quiet;
        context.font = "11px system-ui, sans-serif";
        context.textBaseline = "middle";
        for (const { time, text } of ticks({ from, to }, width / LABEL_WIDTH)) {
          const x = positionOf({ from, to }, time) * width;
          context.textAlign = x < 14 ? "left" : x > width - 14 ? "right" : "center";
          context.fillRect(Math.min(width - 1, x), height - 4, 1, 4);
          context.fillText(text, x, 6);
        }
      }}
    />
  );
}

interface Tier {
  player: UtterancePlayer;
  tier: "phones" | "words";
  /** Along which edge of the map: keys run across, queries down. */
  along: "keys" | "queries";
}

export function Labels({ player, tier, along }: Tier) {
  return (
    <Canvas
      class={`oto-labels oto-${along} oto-${tier}`}
      label={`${tier} along the ${along}`}
      draw={(context, width, height) => {
        const seconds = player.labels.visibleSeconds(along);
        const spans = player.labels.detail.value[tier].filter(
          ({ start, end }) => end > seconds.from && start < seconds.to,
        );
        const across = along === "keys";
        for (const span of spans)
          label(context, span, seconds, across ? width : height, across ? height : width, across);
      }}
    />
  );
}

function label(context: Context, span: Span, shown: Range, length: number, depth: number, across: boolean): void {
  const [start, end] = [positionOf(shown, span.start) * length, positionOf(shown, span.end) * length];
  const rect = (a: number, b: number): [number, number, number, number] =>
    across ? [a, 0, b - a, depth] : [0, a, depth, b - a];
  context.fillStyle = theme.value.line;
  context.globalAlpha = span.group === "silence" ? 0.25 : 0.6;
  context.fillRect(...rect(start + 0.5, Math.max(start + 1, end - 0.5)));
  context.globalAlpha = 1;
  context.font = "11px system-ui, sans-serif";
  context.fillStyle = theme.value.ink;
  context.textAlign = "center";
  context.textBaseline = "middle";
  const [a, b] = [Math.max(0, start), Math.min(length, end)];
  write(context, visible(span.folded), (a + b) / 2, b - a, depth, across);
}

function write(context: Context, text: string, centre: number, view: number, depth: number, across: boolean): void {
  const long = context.measureText(text).width + 3;
  if (across) {
    if (long <= view) context.fillText(text, centre, depth / 2 + 0.5);
  } else if (view >= 12 && long <= depth + 3) {
    context.fillText(text, depth / 2, centre + 0.5);
  } else if (long <= view) {
    context.save();
    context.translate(depth / 2, centre);
    context.rotate(-Math.PI / 2);
    context.fillText(text, 0, 0.5);
    context.restore();
  }
}

export function categoryColour(store: ViewerStore): string {
  return theme.value.categories[store.selectedHead.value.category] ?? theme.value.neutral;
}
