import { expect, test } from "vitest";
import { commonGate, FIRST, gatesOfHeads, readGates, requestKind, writeGates } from "../src/core/gates";
import { FIELD_NAMES, FIELDS, initialState, parse, serialize } from "../src/store/urlFields";

const HEADS = ["0.1", "1.2", "10.0"];
const INITIAL = Object.fromEntries(FIELD_NAMES.map((name) => [name, FIELDS[name].initial]));

test("an address with one pair gives it to all heads", () => {
  const state = initialState();
  parse(state, INITIAL, "off=0.1,1.2,10.0&kind=gate-30-250");
  const gates = readGates({ kind: state.kind.value, own: state.gates.value }, state.off.value);
  expect([...gates]).toEqual(HEADS.map((head) => [head, { scale: 30, temperature: 250 }]));
});

test("a change of one head leaves the others, and the address reproduces both", () => {
  const gates = new Map(readGates({ kind: "gate-50-100", own: [] }, HEADS)).set("1.2", { scale: 0, temperature: 400 });
  const written = writeGates(gates, FIRST);
  expect(written).toEqual({ kind: "gate-50-100", own: ["1.2-0-400"] });
  const [state, other] = [initialState(), initialState()];
  [state.kind.value, state.gates.value] = [written.kind, written.own];
  parse(other, INITIAL, serialize(state, INITIAL));
  expect(readGates({ kind: other.kind.value, own: other.gates.value }, HEADS)).toEqual(gates);
});

test("a request names the pair of all heads, and only other pairs of chosen heads", () => {
  const own = ["1.2-0-400", "0.1-50-100", "3.3-10-10", "nonsense", "10.0-5-0"];
  expect(requestKind({ kind: "gate-50-100", own }, HEADS)).toBe("gate-50-100,1.2-0-400");
  expect(requestKind({ kind: "zero", own }, HEADS)).toBe("zero");
  expect(gatesOfHeads(own, ["3.3", "1"])).toEqual(["3.3-10-10"]);
});

test("what is no pair is no gate", () => {
  for (const kind of ["zero", "gate-", "gate-50", "gate-50-0", "gate-1000-100", "gate-50-100,0.1-1-1"])
    expect(commonGate(kind)).toBeNull();
});
