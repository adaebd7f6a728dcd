// The spectrogram of a whole utterance as one picture; the track shows a crop of it.
import { computeFrequencies } from "wavesurfer.js/dist/spectrogram-frequencies.js";
import { between, rgb, word, type Theme } from "./colour";

const WINDOW = 512; // samples at 16 kHz: 32 ms
const COLUMNS = 6000; // at most, up to 192 s; beyond, windows that do not overlap

export interface Spectrogram {
  image: HTMLCanvasElement;
  /** Seconds from a column to the next. */
  step: number;
  /** Seconds at which the first column begins: half a step before the middle of its window. */
  start: number;
}

export function spectrogram(samples: Float32Array, sampleRate: number, theme: Theme): Spectrogram {
  const hop = Math.max(160, Math.min(WINDOW - 1, Math.ceil(samples.length / COLUMNS)));
  const wanted = { fftSamples: WINDOW, noverlap: WINDOW - hop, scale: "mel" as const, rangeDB: 60 };
  const [columns] = computeFrequencies([samples], { ...wanted, autoGain: true, preEmphasis: 4, sampleRate });
  return { image: picture(columns, theme), step: hop / sampleRate, start: (WINDOW - hop) / 2 / sampleRate };
}

function picture(columns: Uint8Array[], theme: Theme): HTMLCanvasElement {
  const image = document.createElement("canvas");
  image.width = Math.max(1, columns.length);
  image.height = columns[0]?.length ?? 1;
  const data = new ImageData(image.width, image.height);
  const stops: [number, [number, number, number]][] = [
    [0, rgb(theme.surface)],
    [1, rgb(theme.ink)],
  ];
  const palette = Uint32Array.from({ length: 256 }, (_, level) => word(between(stops, (level / 255) ** 1.2)));
  const pixels = new Uint32Array(data.data.buffer);
  columns.forEach((column, x) =>
    column.forEach((level, bin) => (pixels[(image.height - 1 - bin) * image.width + x] = palette[level])),
  );
  image.getContext("2d")!.putImageData(data, 0, 0);
  return image;
}
