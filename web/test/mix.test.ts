import { expect, test } from "vitest";
import { mixed, mixOf, PAUSE_SECONDS, utteranceTime, type Part } from "../src/core/mix";
import { mixRecord } from "../src/core/mixRecord";
import { wav } from "../src/core/wav";

const RATE = 1000;
const SOUND = { samples: Float32Array.from({ length: 1000 }, (_, index) => (index < 500 ? 0.01 : 0.5)), rate: RATE };
const PARTS: Part[] = [
  { role: "query", start: 0.1, end: 0.2 },
  { role: "attended", start: 0.6, end: 0.8 },
];
const PLAIN = { fades: false, evenLoudness: false };
const PAUSE = Math.round(PAUSE_SECONDS * RATE);

test("parts follow one another, and each role has a sound of its own", () => {
  const mix = mixOf(SOUND, PARTS, PLAIN);
  expect(mix.samples.query).toEqual(
    Float32Array.from([...SOUND.samples.slice(100, 200), ...new Float32Array(PAUSE + 200)]),
  );
  expect(mix.samples.attended.slice(100 + PAUSE)).toEqual(SOUND.samples.slice(600, 800));
  expect(mixed(mix)).toHaveLength(300 + PAUSE);
});

test("loudness is even, and no part is louder than its limit", () => {
  const mix = mixOf(SOUND, PARTS, { fades: false, evenLoudness: true });
  expect(mix.samples.query[50]).toBeCloseTo(0.1, 5);
  expect(mix.samples.attended[100 + PAUSE]).toBeCloseTo(0.1, 5);
  const click = { samples: Float32Array.from({ length: 100 }, (_, index) => (index === 50 ? 0.9 : 0)), rate: RATE };
  expect(
    Math.max(...mixOf(click, [{ role: "query", start: 0, end: 0.1 }], { ...PLAIN, evenLoudness: true }).samples.query),
  ).toBeLessThan(1);
});

test("a fade changes the edges alone", () => {
  const samples = mixOf(SOUND, [PARTS[1]], { fades: true, evenLoudness: false }).samples.attended;
  expect(samples[0]).toBeLessThan(0.05);
  expect(samples[100]).toBe(0.5);
  expect(samples[199]).toBeLessThan(0.05);
});

test("a second of the mix is a second of the utterance", () => {
  const { parts } = mixOf(SOUND, PARTS, PLAIN);
  expect(utteranceTime(parts, 0.05)).toBeCloseTo(0.15);
  expect(utteranceTime(parts, 0.13)).toBeCloseTo(0.2); // the pause
  expect(utteranceTime(parts, 0.1 + PAUSE_SECONDS + 0.1)).toBeCloseTo(0.7);
  expect(utteranceTime([], 1)).toBe(0);
});

test("the record names the frames of each part", () => {
  const record = mixRecord(mixOf(SOUND, PARTS, PLAIN), { period: 0.02, origin: 0 }, { utterance: "u" });
  expect(record).toMatchObject({ utterance: "u", sample_rate: RATE });
  expect(record.parts[1]).toEqual({
    role: "attended",
    stereo_channel: "right",
    first_frame: 30,
    last_frame: 39,
    utterance_start: 0.6,
    utterance_end: 0.8,
    file_start: 0.1 + PAUSE_SECONDS,
    file_end: 0.3 + PAUSE_SECONDS,
  });
});

test("a part that begins before the sound begins with it", () => {
  const { parts, samples } = mixOf(SOUND, [{ role: "query", start: -0.02, end: 0.1 }], PLAIN);
  expect(parts).toEqual([{ role: "query", start: 0, end: 0.1, at: 0 }]);
  expect(samples.query).toHaveLength(100);
});

test("without parts there is no sound", () => {
  expect(mixed(mixOf(SOUND, [], PLAIN))).toHaveLength(0);
  expect(mixOf(SOUND, [{ role: "query", start: 5, end: 6 }], PLAIN).parts).toEqual([]);
});

test("a WAV file has the samples of both channels in turn", async () => {
  const bytes = await wav([Float32Array.of(0, 1), Float32Array.of(-2, 0.5)], RATE).arrayBuffer();
  const view = new DataView(bytes);
  expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe("RIFF");
  expect([22, 32].map((at) => view.getUint16(at, true))).toEqual([2, 4]);
  expect([44, 46, 48, 50].map((at) => view.getInt16(at, true))).toEqual([0, -32767, 32767, 16384]);
});
