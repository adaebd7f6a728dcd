import { expect, test, vi } from "vitest";
import { ApiClient, CancelledError, errorMessage, RequestError, type HostResponse } from "../src/core/client";
import { exportedHost } from "../src/hosts/exported";
import { notebookHost, type Model } from "../src/hosts/notebook";

const encode = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
const decode = (bytes: ArrayBuffer) => new TextDecoder().decode(bytes);
const response = (status: number, text: string): HostResponse => ({ status, bytes: encode(text) });

test("a resource is requested once, also while its response is on the way", async () => {
  let count = 0;
  const client = new ApiClient({ fetch: async () => (count++, response(200, "[1]")) });
  await Promise.all([client.json("a"), client.json("a")]);
  await client.json("a");
  expect(count).toBe(1);
});

test("the cache has a limit and drops the least recently used response", async () => {
  const requested: string[] = [];
  const fetch = async (resource: string) => (requested.push(resource), { status: 200, bytes: new ArrayBuffer(10) });
  const client = new ApiClient({ fetch }, 25);
  for (const resource of ["a", "b", "a", "c", "a", "b"]) await client.bytes(resource);
  expect(requested).toEqual(["a", "b", "c", "b"]);
});

test("a failed request can be repeated", async () => {
  const responses = [response(422, '{"error":"no model"}'), response(200, "2")];
  const client = new ApiClient({ fetch: async () => responses.shift()! });
  await expect(client.json("a")).rejects.toThrow(RequestError);
  expect(await client.json("a")).toBe(2);
});

test("a resource that is not available yet is requested again, and the reason is shown until then", async () => {
  vi.useFakeTimers();
  const loading = () => response(202, '{"error":"the model is being loaded"}');
  const responses = [loading(), loading(), response(200, "3")];
  const client = new ApiClient({ fetch: async () => responses.shift()! });
  const result = client.fetchUncached("a");
  await vi.advanceTimersByTimeAsync(10);
  expect(client.waitingFor("a")).toBe("the model is being loaded");
  await vi.runAllTimersAsync();
  expect(await result).toBe(3);
  expect(client.waitingFor("a")).toBe("");
  vi.useRealTimers();
});

test("slow resources share two requests, and labels and sound are not behind them", async () => {
  const open: string[] = [];
  const fetch = (resource: string) => (open.push(resource), new Promise<HostResponse>(() => {}));
  const client = new ApiClient({ fetch });
  for (let layer = 0; layer < 9; layer++) void client.bytes(`0/thumbnails/4/${layer}`);
  void client.bytes("0/utterance/4");
  void client.bytes("0/audio/4");
  await new Promise((resolve) => setTimeout(resolve));
  expect(open.sort()).toEqual(["0/audio/4", "0/thumbnails/4/0", "0/thumbnails/4/1", "0/utterance/4"]);
});

test("a request is cancelled when the last part of the page that needs it has gone", async () => {
  vi.useFakeTimers();
  let count = 0;
  const client = new ApiClient({ fetch: async () => (count++, response(202, '{"error":"layer 1"}')) });
  let needs = [true, true];
  const results = [0, 1].map((part) => client.bytes("0/tile/4", () => needs[part]).catch((error: Error) => error));
  await vi.advanceTimersByTimeAsync(1000);
  needs = [false, true];
  const before = count;
  await vi.advanceTimersByTimeAsync(1000);
  expect(count).toBeGreaterThan(before);
  needs = [false, false];
  await vi.runAllTimersAsync();
  expect(await results[1]).toBeInstanceOf(CancelledError);
  expect(client.waitingFor("0/tile")).toBe("");
  vi.useRealTimers();
});

test("the message of the host is the message for the user", () => {
  expect(errorMessage(encode('{"error":"no such head"}'))).toBe("no such head");
  expect(errorMessage(encode("plain text"))).toBe("plain text");
});

test("an exported page responds from its own data and reports what it does not contain", async () => {
  const host = exportedHost({ runs: btoa("here") });
  expect(decode((await host.fetch("runs")).bytes)).toBe("here");
  await expect(host.fetch("0/heads")).rejects.toThrow("does not contain it");
});

test("responses of a notebook reach their requests in any order", async () => {
  const sent: { number: number; resource: string }[] = [];
  let reply: (message: { number: number; status: number }, buffers: DataView[]) => void = () => {};
  const model: Model = {
    send: (content) => sent.push(content as (typeof sent)[0]),
    on: (_, callback) => (reply = callback),
  };
  const host = notebookHost(model);
  const [first, second] = [host.fetch("a"), host.fetch("b")];
  reply({ number: sent[1].number, status: 422 }, [new DataView(encode("no b"))]);
  reply({ number: sent[0].number, status: 200 }, [new DataView(encode("content of a"))]);
  expect(decode((await first).bytes)).toBe("content of a");
  expect((await second).status).toBe(422);
});
