import { expect, test } from "vitest";
import { FIELD_NAMES, FIELDS, initialState, parse, serialize } from "../src/store/urlFields";

const INITIAL = Object.fromEntries(FIELD_NAMES.map((name) => [name, FIELDS[name].initial]));

test("an address contains only the fields that differ from their initial values", () => {
  const state = initialState();
  expect(serialize(state, INITIAL)).toBe("");
  state.view.value = "head";
  state.off.value = ["0.1", "1.2"];
  expect(serialize(state, INITIAL)).toBe("view=head&off=0.1%2C1.2");
});

test("impossible values of an address are the initial ones", () => {
  const state = initialState();
  parse(state, INITIAL, "query=NaN&keys=-5~1e999&span=abc&layer=-1&head=1e9&scale=fancy&utterance=0x10&queries=9~3");
  expect(serialize(state, INITIAL)).toBe("");
  parse(state, INITIAL, `query=${"9".repeat(5000)}&keys=~&span=Infinity`);
  expect(serialize(state, INITIAL)).toBe("");
});

test("an address reproduces the state, and fields that it lacks are initial", () => {
  const state = initialState();
  state.keys.value = { from: 10.5, to: 20 };
  state.query.value = 3;
  const address = serialize(state, INITIAL);
  const other = initialState();
  other.span.value = 7;
  parse(other, INITIAL, address);
  expect(other.keys.value).toEqual({ from: 10.5, to: 20 });
  expect([other.query.value, other.span.value]).toEqual([3, null]);
});
