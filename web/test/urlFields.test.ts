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
