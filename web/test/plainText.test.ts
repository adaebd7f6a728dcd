import { expect, test } from "vitest";
import { isolated, visible } from "../src/core/plainText";

test("marks of direction are shown as their numbers", () => {
  expect(visible("a\u202egpj.wav")).toBe("a<U+202E>gpj.wav");
  expect(visible("\u2066x\u2069\u200f\u061c")).toBe("<U+2066>x<U+2069><U+200F><U+061C>");
});

test("letters of any script stay as they are", () => {
  expect(visible("سلام-é-日本")).toBe("سلام-é-日本");
});

test("a name cannot end its own isolation", () => {
  expect([...isolated("a\u2069b")].filter((character) => character === "\u2069")).toHaveLength(1);
});
