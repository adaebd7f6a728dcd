// Sound as a WAV file with 16 bits.

const HEADER_BYTES = 44;
const PCM = 1;

/** A WAV file of one or two channels, each with samples from -1 to 1. */
export function wav(channels: readonly Float32Array[], rate: number): Blob {
  const frameBytes = 2 * channels.length;
  const dataBytes = frameBytes * channels[0].length;
  const view = new DataView(new ArrayBuffer(HEADER_BYTES + dataBytes));
  const write = (at: number, text: string) =>
    [...text].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  write(0, "RIFF");
  view.setUint32(4, HEADER_BYTES - 8 + dataBytes, true);
  write(8, "WAVEfmt ");
  view.setUint32(16, 16, true);
  view.setUint16(20, PCM, true);
  view.setUint16(22, channels.length, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate * frameBytes, true);
  view.setUint16(32, frameBytes, true);
  view.setUint16(34, 16, true);
  write(36, "data");
  view.setUint32(40, dataBytes, true);
  channels.forEach((samples, channel) =>
    samples.forEach((sample, index) =>
      view.setInt16(HEADER_BYTES + index * frameBytes + 2 * channel, toInteger(sample), true),
    ),
  );
  return new Blob([view.buffer], { type: "audio/wav" });
}

const toInteger = (sample: number): number => Math.round(Math.max(-1, Math.min(1, sample)) * 32767);
