import { expect, test } from "vitest";
import { matching, nextIn, speakersOf } from "../src/core/utterances";

const utterance = (id: string, speaker: string, duration: number) => ({
  id,
  speaker,
  duration,
  frames: 50 * duration,
  stored: true,
});
const ALL = [utterance("a-1", "ann", 2), utterance("a-2", "ann", 12), utterance("B-1", "bob", 3)];
const CONTENTS = { phones: { s: [0, 2], constructor: [] }, words: { sea: [0], seat: [1], tea: [2] } };
const ANY = { find: "", speaker: "", length: "", contains: "" };

test("a filter selects utterances by id, speaker and length", () => {
  expect(matching(ALL, ANY, undefined)).toEqual([0, 1, 2]);
  expect(matching(ALL, { ...ANY, find: " b-" }, undefined)).toEqual([2]);
  expect(matching(ALL, { ...ANY, speaker: "ann", length: "10 to 60 s" }, undefined)).toEqual([1]);
  expect(matching(ALL, { ...ANY, length: "3 to 10 s" }, undefined)).toEqual([2]);
  expect(matching(ALL, { ...ANY, length: "constructor" }, undefined)).toEqual([0, 1, 2]); // from an address
});

test("a phone is matched as a whole, a word from its beginning", () => {
  expect(matching(ALL, { ...ANY, contains: "s" }, CONTENTS)).toEqual([0, 1, 2]);
  expect(matching(ALL, { ...ANY, contains: "Sea" }, CONTENTS)).toEqual([0, 1]);
  expect(matching(ALL, { ...ANY, contains: "t" }, CONTENTS)).toEqual([2]);
  expect(matching(ALL, { ...ANY, contains: "toString" }, CONTENTS)).toEqual([]);
});

test("next and previous are found from a number outside of the list, too", () => {
  expect(nextIn([0, 4, 7], 2, 1)).toBe(4);
  expect(nextIn([0, 4, 7], 2, -1)).toBe(0);
  expect(nextIn([0, 4, 7], 7, 1)).toBeUndefined();
});

test("speakers are in the order of their names, with their utterances", () => {
  expect(speakersOf([...ALL, utterance("x", "", 1)])).toEqual([
    ["ann", 2],
    ["bob", 1],
  ]);
});
