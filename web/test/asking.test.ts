import { expect, test, vi } from "vitest";
import { Asking, NoAnswer, NotYet, problem } from "../src/core/asking";
import { withinPage } from "../src/sources/embedded";
import { overMessages, type Model } from "../src/sources/notebook";

const text = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
const bytes = (given: string) => new TextEncoder().encode(given).buffer as ArrayBuffer;

test("a question is asked once, also while its answer is on the way", async () => {
  let count = 0;
  const asking = new Asking({ ask: async () => (count++, bytes("[1]")) });
  await Promise.all([asking.json("a"), asking.json("a")]);
  await asking.json("a");
  expect(count).toBe(1);
});

test("answers are kept within a bound, the oldest go first", async () => {
  const asked: string[] = [];
  const asking = new Asking({ ask: async (resource) => (asked.push(resource), new ArrayBuffer(10)) }, 25);
  for (const resource of ["a", "b", "a", "c", "a", "b"]) await asking.bytes(resource);
  expect(asked).toEqual(["a", "b", "c", "b"]);
});

test("a question without an answer can be asked again", async () => {
  let tries = 0;
  const asking = new Asking({
    ask: async () => {
      if (tries++ === 0) throw new NoAnswer("not yet");
      return bytes("2");
    },
  });
  await expect(asking.json("a")).rejects.toThrow("not yet");
  expect(await asking.json("a")).toBe(2);
});

test("what is not there yet is asked for again, and what is waited for is said meanwhile", async () => {
  vi.useFakeTimers();
  let tries = 0;
  const asking = new Asking({
    ask: async () => {
      if (tries++ < 2) throw new NotYet("the model is being loaded");
      return bytes("3");
    },
  });
  const answer = asking.fresh("a");
  await vi.advanceTimersByTimeAsync(10);
  expect(asking.waiting.value).toBe("the model is being loaded");
  await vi.runAllTimersAsync();
  expect(await answer).toBe(3);
  expect(asking.waiting.value).toBe("");
  vi.useRealTimers();
});

test("the host's own line is what a person reads", () => {
  expect(problem(bytes('{"error":"no such head"}')).message).toBe("no such head");
  expect(problem(bytes("plain text")).message).toBe("plain text");
});

test("an exported page answers from itself, and says what it does not hold", async () => {
  const source = withinPage({ runs: btoa("here") });
  expect(text(await source.ask("runs"))).toBe("here");
  await expect(source.ask("0/heads")).rejects.toThrow("does not hold it");
});

test("a notebook's answers find the questions that they belong to", async () => {
  const sent: { number: number; resource: string }[] = [];
  let reply: (message: { number: number; ok: boolean }, buffers: DataView[]) => void = () => {};
  const model: Model = { send: (content) => sent.push(content as (typeof sent)[0]), on: (_, callback) => (reply = callback) };
  const source = overMessages(model);
  const [first, second] = [source.ask("a"), source.ask("b")];
  reply({ number: sent[1].number, ok: false }, [new DataView(bytes('{"error":"no b"}'))]);
  reply({ number: sent[0].number, ok: true }, [new DataView(bytes("of a"))]);
  expect(text(await first)).toBe("of a");
  await expect(second).rejects.toThrow("no b");
});
