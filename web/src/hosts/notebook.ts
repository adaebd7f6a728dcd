// The kernel of a notebook, over the messages of anywidget.
import type { Host, HostResponse } from "../core/client";

interface Reply {
  number: number;
  status: number;
}

export interface Model {
  send(content: unknown): void;
  on(event: string, callback: (reply: Reply, buffers: DataView[]) => void): void;
}

export function notebookHost(model: Model): Host {
  const waiting = new Map<number, (response: HostResponse) => void>();
  let last = 0;
  model.on("msg:custom", ({ number, status }, [view]) => {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice().buffer;
    waiting.get(number)?.({ status, bytes });
    waiting.delete(number);
  });
  return {
    fetch: (resource) =>
      new Promise((resolve) => {
        const number = ++last;
        waiting.set(number, resolve);
        model.send({ number, resource });
      }),
  };
}
