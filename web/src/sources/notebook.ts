// A notebook's kernel, over the messages of anywidget.
import { problem, type Source } from "../core/asking";

export interface Model {
  send(content: unknown): void;
  on(event: string, callback: (message: { number: number; ok: boolean }, buffers: DataView[]) => void): void;
}

export function overMessages(model: Model): Source {
  const waiting = new Map<number, (ok: boolean, bytes: ArrayBuffer) => void>();
  let last = 0;
  model.on("msg:custom", ({ number, ok }, [view]) => {
    waiting.get(number)?.(ok, new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer);
    waiting.delete(number);
  });
  return {
    ask: (resource) =>
      new Promise((resolve, reject) => {
        const number = ++last;
        waiting.set(number, (ok, bytes) => (ok ? resolve(bytes) : reject(problem(bytes))));
        model.send({ number, resource });
      }),
  };
}
