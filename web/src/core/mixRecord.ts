// What a file of a mix contains: frames and times of each part.
import type { Mix, PlacedPart } from "./mix";

/** The grid of frames of an utterance: seconds of one frame, and where the first begins. */
export interface FrameTimes {
  period: number;
  origin: number;
}

/** Parts of a mix with their frames, and times in the utterance and in the file, in seconds. */
export function mixRecord({ rate, parts }: Mix, frames: FrameTimes, about: Record<string, unknown>) {
  return {
    ...about,
    sample_rate: rate,
    frame_period: frames.period,
    parts: parts.map((part) => partRecord(part, frames)),
  };
}

function partRecord({ role, start, end, at }: PlacedPart, { period, origin }: FrameTimes) {
  return {
    role,
    stereo_channel: role === "query" ? "left" : "right",
    first_frame: Math.max(0, Math.round((start - origin) / period)),
    last_frame: Math.round((end - origin) / period) - 1,
    utterance_start: rounded(start),
    utterance_end: rounded(end),
    file_start: rounded(at),
    file_end: rounded(at + end - start),
  };
}

const rounded = (seconds: number): number => Math.round(seconds * 1e6) / 1e6;
