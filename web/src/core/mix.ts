// One sound of several parts of an utterance: the query, and what it attends to.
import type { Segment } from "./segments";

export const FADE_SECONDS = 0.008;
export const PAUSE_SECONDS = 0.06; // between two parts
const LOUDNESS = 0.1; // root mean square of a part whose loudness is evened
const MAX_GAIN = 16;
const MAX_PEAK = 0.97;

export type Role = "query" | "attended";

export interface Part extends Segment {
  role: Role;
}

/** A part, and where in the sound it begins, in seconds. */
export interface PlacedPart extends Part {
  at: number;
}

export interface Sound {
  samples: Float32Array;
  /** Samples in a second. */
  rate: number;
}

export interface Mix {
  rate: number;
  /** The sound of all parts of a role; both last equally long. */
  samples: Record<Role, Float32Array>;
  parts: PlacedPart[];
}

export interface MixOptions {
  fades: boolean;
  evenLoudness: boolean;
}

/** Put parts of a sound one after another, as far as they are within it. */
export function mixOf({ samples, rate }: Sound, parts: readonly Part[], options: MixOptions): Mix {
  const pause = Math.round(PAUSE_SECONDS * rate);
  const pieces = parts
    .map((part) => ({ ...part, start: Math.max(0, part.start), end: Math.min(part.end, samples.length / rate) }))
    .map((part) => ({ part, piece: samples.slice(Math.round(part.start * rate), Math.round(part.end * rate)) }))
    .filter(({ piece }) => piece.length);
  const length = pieces.reduce((sum, { piece }) => sum + piece.length + pause, 0) - (pieces.length ? pause : 0);
  const mix: Mix = {
    rate,
    samples: { query: new Float32Array(length), attended: new Float32Array(length) },
    parts: [],
  };
  let at = 0;
  for (const { part, piece } of pieces) {
    if (options.evenLoudness) scale(piece, gainOf(piece));
    if (options.fades) fade(piece, Math.min(Math.round(FADE_SECONDS * rate), piece.length >> 1));
    mix.samples[part.role].set(piece, at);
    mix.parts.push({ ...part, at: at / rate });
    at += piece.length + pause;
  }
  return mix;
}

/** The sum of both roles. */
export const mixed = ({ samples }: Mix): Float32Array =>
  samples.query.map((sample, index) => sample + samples.attended[index]);

/** The second of the utterance that is audible at a second of the mix. */
export function utteranceTime(parts: readonly PlacedPart[], time: number): number {
  const part = parts.findLast(({ at }) => at <= time) ?? parts[0];
  return part ? Math.min(part.end, part.start + time - part.at) : 0;
}

function gainOf(piece: Float32Array): number {
  const power = piece.reduce((sum, sample) => sum + sample * sample, 0) / piece.length;
  const peak = piece.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  return peak > 0 ? Math.min(LOUDNESS / Math.sqrt(power), MAX_GAIN, MAX_PEAK / peak) : 1;
}

function scale(piece: Float32Array, gain: number): void {
  for (let index = 0; index < piece.length; index++) piece[index] *= gain;
}

/** Let a piece begin and end softly, over some samples. */
function fade(piece: Float32Array, length: number): void {
  for (let index = 0; index < length; index++) {
    const gain = 0.5 - 0.5 * Math.cos((Math.PI * (index + 0.5)) / length);
    piece[index] *= gain;
    piece[piece.length - 1 - index] *= gain;
  }
}
