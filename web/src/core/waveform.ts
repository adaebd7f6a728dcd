// The waveform as lines, for exported pictures; on the page WaveSurfer draws it.
import type { DrawContext } from "./drawing";
import type { Range } from "./range";
import { theme } from "../store/theme";

const STEP = 0.5; // pixels

/** The waveform between two times; the largest amplitude of the audio is half of the height. */
export function drawWaveform(
  context: DrawContext,
  sound: AudioBuffer,
  { from, to }: Range,
  width: number,
  height: number,
): void {
  const samples = sound.getChannelData(0);
  const loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), 1e-9);
  const sampleAt = (x: number) => Math.max(0, Math.round((from + (x / width) * (to - from)) * sound.sampleRate));
  const y = (sample: number) => (height / 2) * (1 - sample / loudest);
  context.beginPath();
  for (let x = 0; x < width; x += STEP) {
    const part = samples.subarray(sampleAt(x), sampleAt(x + STEP));
    context.moveTo(x, y(part.reduce((most, sample) => Math.max(most, sample), 0)));
    context.lineTo(x, y(part.reduce((least, sample) => Math.min(least, sample), 0)) + 0.2);
  }
  context.strokeStyle = theme.value.neutral;
  context.lineWidth = STEP;
  context.stroke();
}
