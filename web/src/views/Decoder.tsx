// What a decoder attends to on one utterance: tokens against seconds, or tokens against tokens, with its sound.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { floats, type ArrayBlock } from "../core/arrayFormat";
import { ramp } from "../core/colour";
import { attendingRows, mapOf, rowOf, tokenText, type DecoderMap, type MapName } from "../core/decoderExample";
import type { DrawContext } from "../core/drawing";
import { routes } from "../core/routes";
import type { RunInfo } from "../core/schema";
import { attendedSegments, type Segment } from "../core/segments";
import { Canvas, shareOf } from "../components/Canvas";
import { Command, Notice, RadioGroup, Select } from "../components/controls";
import { useQuery } from "../hooks/useQuery";
import { theme } from "../store/theme";
import { useStore } from "../store/viewerStore";

const RATE = 16000; // samples in a second of the stored audio
const MAP = "example_cross";
const ARRAYS = ["column_start", "example_wave", "is_text"];
const WORDS = ["word_start", "word_end"];
const KINDS = [
  ["example_cross", "audio"],
  ["example_own", "own text"],
] as const;

export function Decoder() {
  const store = useStore();
  const number = store.runList.runs.findIndex(({ variables }) => variables.some(({ name }) => name === MAP));
  if (number < 0)
    return (
      <section class="oto-decoder-view" aria-label="Decoder">
        <Notice>
          No run of a decoder is open. Make one with otoscope decoder, and name it after this one:{" "}
          <Command text="otoscope view RUN DECODER_RUN" />
        </Notice>
      </section>
    );
  return <Example run={store.runList.runs[number]} number={number} />;
}

function Example({ run, number }: { run: RunInfo; number: number }) {
  const { client } = useStore();
  const names = [...ARRAYS, ...WORDS.filter((word) => run.variables.some(({ name }) => name === word))];
  const query = useQuery(async () => {
    const blocks = await Promise.all(names.map((name) => client.arrays(routes.variable(number, name))));
    return { arrays: Object.assign({}, ...blocks.map(({ arrays }) => arrays)), attributes: {} } as ArrayBlock;
  }, [number]);
  const { value, error } = query.value;
  if (!value) return <Notice>{error ?? "Reading the maps…"}</Notice>;
  return <Maps run={run} number={number} block={value} />;
}

function Maps({ run, number, block }: { run: RunInfo; number: number; block: ArrayBlock }) {
  const { client } = useStore();
  const [layers, heads] = run.variables.find(({ name }) => name === MAP)!.shape;
  const kind = useSignal<MapName>("example_cross");
  const layer = useSignal(String(layers - 1));
  const head = useSignal("0");
  const row = useSignal<number | null>(null);
  const column = useSignal<number | null>(null);
  const map = useSignal<DecoderMap>({ name: MAP, rows: 0, columns: 0, weights: new Float32Array() });
  const loaded = useQuery(
    () => client.arrays(routes.slice(number, kind.value, Number(layer.value), Number(head.value))),
    [kind.value, layer.value, head.value],
  );
  const { value: arrived, error } = loaded.value;
  useEffect(() => {
    if (arrived) map.value = mapOf(arrived); // the map before it stays until then
  }, [arrived]);
  const tokens = run.labels.row;
  const seconds = block.arrays.example_wave.values.length / RATE;
  const attending = column.value === null ? [] : attendingRows(map.value, column.value);
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  return (
    <section class="oto-decoder-view" aria-label="Decoder">
      <div class="oto-toolbar">
        <RadioGroup label="Attention to" value={kind} options={KINDS} />
        <Select label="Layer" value={layer} options={numbers(layers)} />
        <Select label="Head" value={head} options={numbers(heads)} />
        <span class="oto-hint">
          the example of {run.name}: select a token or a word to play the sound; point at a moment to see its tokens
          {column.value !== null && map.value.name === MAP && ` · ${timeOf(block, column.value)}`}
        </span>
      </div>
      {error && <Notice>{error}</Notice>}
      <Words run={run} block={block} seconds={seconds} />
      <Canvas
        class="oto-decoder-wave"
        label="Waveform"
        draw={(context, width, height) => drawWave(context, width, height, block)}
      />
      <Canvas
        class="oto-decoder-map"
        style={{ height: `${Math.min(Math.max(map.value.rows * 14, 160), 900)}px` }}
        label={`Attention of layer ${layer.value}, head ${head.value}: tokens downward`}
        draw={(context, width, height) =>
          drawMap(context, width, height, { map: map.value, row, isText: floats(block, "is_text") })
        }
        onPointerMove={(event) => (column.value = placeOf(shareOf(event).across, map.value.columns))}
        onPointerLeave={() => (column.value = null)}
        onClick={(event) => select(placeOf(shareOf(event).down, map.value.rows), { block, map, row })}
      />
      <ol class="oto-decoder-tokens" aria-label="Tokens">
        {tokens.map((token, place) => (
          <li key={place}>
            <button
              type="button"
              aria-pressed={row.value === place}
              data-attending={attending.includes(place) || undefined}
              style={{
                "--oto-weight":
                  row.value === null || map.value.name === MAP ? 0 : weightOn(map.value, row.value, place),
              }}
              onClick={() => select(place, { block, map, row })}
            >
              {tokenText(token)}
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** The weight of a row on a token: the token of row t is in column t + 1. */
function weightOn(map: DecoderMap, row: number, token: number): number {
  return token + 1 < map.columns ? Math.sqrt(rowOf(map, row)[token + 1] || 0) : 0;
}

interface Selection {
  block: ArrayBlock;
  map: Signal<DecoderMap>;
  row: Signal<number | null>;
}

/** Select a row; of cross-attention, play the sound that it attends to. */
function select(place: number, { block, map, row }: Selection): void {
  row.value = place;
  if (map.value.name !== MAP) return;
  const starts = floats(block, "column_start");
  const period = starts.length > 1 ? starts[1] - starts[0] : 0.02;
  play(floats(block, "example_wave"), attendedSegments(rowOf(map.value, place), period));
}

const timeOf = (block: ArrayBlock, column: number): string => `${floats(block, "column_start")[column].toFixed(2)} s`;
const placeOf = (share: number, count: number): number => Math.min(count - 1, Math.max(0, Math.floor(share * count)));

function Words({ run, block, seconds }: { run: RunInfo; block: ArrayBlock; seconds: number }) {
  if (!block.arrays.word_start) return null;
  const [starts, ends] = WORDS.map((name) => floats(block, name));
  return (
    <div class="oto-decoder-words" role="group" aria-label="Words">
      {run.labels.word.map((word, index) => (
        <button
          key={index}
          type="button"
          style={{
            left: `${(100 * starts[index]) / seconds}%`,
            width: `${(100 * (ends[index] - starts[index])) / seconds}%`,
          }}
          title={`${word}: ${starts[index].toFixed(2)} to ${ends[index].toFixed(2)} s`}
          onClick={() => play(floats(block, "example_wave"), [{ start: starts[index], end: ends[index] }])}
        >
          {word}
        </button>
      ))}
    </div>
  );
}

let sound: AudioContext | null = null;
let playing: AudioBufferSourceNode[] = [];

/** Play segments one after the other; what plays already stops. */
function play(samples: Float32Array, segments: Segment[]): void {
  sound ??= new AudioContext();
  for (const source of playing) source.stop();
  let time = sound.currentTime;
  playing = segments.map(({ start, end }) => {
    const part = samples.slice(Math.floor(start * RATE), Math.ceil(end * RATE));
    const buffer = sound!.createBuffer(1, Math.max(1, part.length), RATE);
    buffer.copyToChannel(part, 0);
    const source = new AudioBufferSourceNode(sound!, { buffer });
    source.connect(sound!.destination);
    source.start(time);
    time += buffer.duration;
    return source;
  });
}

function drawWave(context: DrawContext, width: number, height: number, block: ArrayBlock): void {
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

/** Shade what is between labelled words. */
function shadePauses(context: DrawContext, width: number, height: number, block: ArrayBlock): void {
  if (!block.arrays.word_start) return;
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
function drawMap(context: DrawContext, width: number, height: number, { map, row, isText }: DrawnMap): void {
  const { rows, columns, weights } = map;
  if (!rows) return;
  const picture = document.createElement("canvas");
  [picture.width, picture.height] = [columns, rows];
  const colours = ramp(theme.value, "");
  const pixels = Uint32Array.from(
    weights,
    (weight) => colours[Math.round(Math.sqrt(Math.min(1, weight || 0)) * (colours.length - 1))],
  );
  const data = new ImageData(new Uint8ClampedArray(pixels.buffer), columns, rows);
  picture.getContext("2d")!.putImageData(data, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(picture, 0, 0, width, height);
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
