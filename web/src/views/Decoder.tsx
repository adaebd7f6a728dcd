// What a decoder attends to on one utterance: tokens against seconds, or tokens against tokens, with its sound.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { floats, type ArrayBlock } from "../core/arrayFormat";
import { attendingRows, mapOf, rowOf, tokenText, type DecoderMap, type MapName } from "../core/decoderExample";
import { routes } from "../core/routes";
import type { RunInfo } from "../core/schema";
import { attendedSegments, type Segment } from "../core/segments";
import { Canvas, shareOf } from "../components/Canvas";
import { Command, Notice, RadioGroup, Select } from "../components/controls";
import { useQuery } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { drawMap, drawRows, drawSpectrogram, drawTime, drawWave, RATE } from "./decoderPictures";

const MAP = "example_cross";
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

/** What the user has chosen; it stays when another utterance is shown. */
interface Choice {
  utterance: Signal<string>;
  kind: Signal<MapName>;
  layer: Signal<string>;
  head: Signal<string>;
}

function Example({ run, number }: { run: RunInfo; number: number }) {
  const { client } = useStore();
  const examples = run.labels.example;
  const [, layers] = run.variables.find(({ name }) => name === MAP)!.shape;
  const choice: Choice = {
    utterance: useSignal(examples[0]),
    kind: useSignal<MapName>("example_cross"),
    layer: useSignal(String(layers - 1)),
    head: useSignal("0"),
  };
  const place = examples.indexOf(choice.utterance.value);
  const query = useQuery(() => client.arrays(routes.example(number, place)), [number, place]);
  const { value, error } = query.value;
  if (!value) return <Notice>{error ?? "Reading the maps…"}</Notice>;
  return <Maps key={place} run={run} number={number} place={place} choice={choice} block={value} />;
}

interface MapsProps {
  run: RunInfo;
  number: number;
  place: number;
  choice: Choice;
  block: ArrayBlock;
}

function Maps({ run, number, place, choice, block }: MapsProps) {
  const { client } = useStore();
  const { utterance, kind, layer, head } = choice;
  const examples = run.labels.example;
  const [, layers, heads] = run.variables.find(({ name }) => name === MAP)!.shape;
  const row = useSignal<number | null>(null);
  const column = useSignal<number | null>(null);
  const map = useSignal<DecoderMap>({ name: MAP, rows: 0, columns: 0, weights: new Float32Array() });
  const loaded = useQuery(
    () => client.arrays(routes.exampleMap(number, place, kind.value, Number(layer.value), Number(head.value))),
    [kind.value, layer.value, head.value],
  );
  const { value: arrived, error } = loaded.value;
  useEffect(() => {
    if (arrived) map.value = mapOf(arrived); // the map before it stays until then
  }, [arrived]);
  const tokens = textsOf(block, "row");
  const seconds = block.arrays.example_wave.values.length / RATE;
  const attending = column.value === null ? [] : attendingRows(map.value, column.value);
  const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));
  return (
    <section class="oto-decoder-view" aria-label="Decoder">
      <div class="oto-toolbar">
        {examples.length > 1 && (
          <Select label="Example" value={utterance} options={examples.map((name) => [name, name] as const)} />
        )}
        <RadioGroup label="Attention to" value={kind} options={KINDS} />
        <Select label="Layer" value={layer} options={numbers(layers)} />
        <Select label="Head" value={head} options={numbers(heads)} />
        <span class="oto-hint">
          {utterance.value} of {run.name}: select a token or a word to play the sound; point at a moment to see its
          tokens
        </span>
      </div>
      {error && <Notice>{error}</Notice>}
      <p class="oto-hint">
        {map.value.name === MAP
          ? "Rows: tokens, each as it is predicted; columns: the audio. Stronger is more attention."
          : "Rows: tokens, each as it is predicted; columns: the tokens before. Stronger is more attention."}{" "}
        Grey rows: the prompt and the end. Shaded sound: pauses between the labelled words.
      </p>
      <div class="oto-decoder-tracks">
        <Words block={block} seconds={seconds} />
        <Canvas
          class="oto-decoder-wave"
          label="Waveform"
          draw={(context, width, height) => drawWave(context, width, height, block)}
        />
        <Canvas
          class="oto-decoder-wave"
          label="Spectrogram"
          draw={(context, width, height) => drawSpectrogram(context, width, height, block)}
        />
        <div class="oto-decoder-rows">
          <span class="oto-decoder-moment">
            {column.value !== null && map.value.name === MAP && timeOf(block, column.value)}
          </span>
          <Canvas
            class="oto-decoder-time"
            label={`Time, 0 to ${seconds.toFixed(2)} s`}
            draw={(context, width) => drawTime(context, width, seconds)}
          />
        </div>
        <div class="oto-decoder-rows">
          <Canvas
            class="oto-decoder-labels"
            label="Tokens of the rows"
            draw={(context, width, height) => drawRows(context, width, height, tokens.map(tokenText), row.value)}
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
        </div>
      </div>
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
              title={paddingTitle(map.value, place)}
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

/** How much of a row of cross-attention is on the padding after the audio, which the map omits. */
function paddingTitle(map: DecoderMap, row: number): string | undefined {
  if (map.name !== MAP || row >= map.rows) return undefined;
  const beyond = 1 - rowOf(map, row).reduce((sum, weight) => sum + weight, 0);
  return `${Math.round(100 * Math.max(0, beyond))} % of its attention is on the padding after the audio`;
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

const textsOf = (block: ArrayBlock, name: string): string[] => block.attributes[name] as string[];

function Words({ block, seconds }: { block: ArrayBlock; seconds: number }) {
  const [starts, ends] = WORDS.map((name) => floats(block, name));
  return (
    <div class="oto-decoder-words" role="group" aria-label="Words">
      {textsOf(block, "word").map((word, index) => (
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
