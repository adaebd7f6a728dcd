import { expect, test } from "vitest";
import { latest } from "../src/core/latest";

test("only the request that started last is the latest", () => {
  const start = latest();
  const isFirstLatest = start();
  expect(isFirstLatest()).toBe(true);
  const isSecondLatest = start();
  expect([isFirstLatest(), isSecondLatest()]).toEqual([false, true]);
});
