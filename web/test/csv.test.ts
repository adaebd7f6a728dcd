import { expect, test } from "vitest";
import { csv } from "../src/core/csv";

test("a spreadsheet reads a label that begins like a formula as text", () => {
  const labels = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|calc", "%0A=1", "plain"];
  const read = csv(labels.map((label) => ({ label })))
    .split("\n")
    .slice(1, -1);
  expect(read).toEqual(["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", '"\'\r=1"', "'|calc", "'%0A=1", "plain"]);
});

test("numbers stay numbers, and missing ones are empty", () => {
  expect(csv([{ a: -1.5, b: NaN, c: null }])).toBe("a,b,c\n-1.5,,\n");
});

test("a cell with quotes, commas and lines is one cell, names of columns too", () => {
  expect(csv([{ "=a,b": 'x"y\nz' }])).toBe(`"'=a,b"\n"x""y\nz"\n`);
});
