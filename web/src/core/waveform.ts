// The waveform as lines, for pictures that are taken away; on the page wavesurfer draws it.
import type { Pen } from "./pen";
import type { Range } from "./range";
import { theme } from "./theme";

const STEP = 0.5; // pixels

/** What is heard between two times, the loudest sample of the whole as high as half of the picture. */
export function waveform(pen: Pen, sound: AudioBuffer, { from, to }: Range, width: number, height: number): void {
  const samples = sound.getChannelData(0);
  const loudest = samples.reduce((most, one) => Math.max(most, Math.abs(one)), 1e-9);
  const at = (x: number) => Math.max(0, Math.round((from + (x / width) * (to - from)) * sound.sampleRate));
  const y = (sample: number) => (height / 2) * (1 - sample / loudest);
  pen.beginPath();
  for (let x = 0; x < width; x += STEP) {
    const part = samples.subarray(at(x), at(x + STEP));
    pen.moveTo(x, y(part.reduce((most, one) => Math.max(most, one), 0)));
    pen.lineTo(x, y(part.reduce((least, one) => Math.min(least, one), 0)) + 0.2);
  }
  pen.strokeStyle = theme.value.neutral;
  pen.lineWidth = STEP;
  pen.stroke();
}
