// Questions to whoever hosts the page, each asked once, answers kept while they fit.
import { signal } from "@preact/signals";
import { unpack, type Block } from "./block";
import type { Problem } from "./schema";

/** A host: over HTTP, from within an exported page, or a notebook's kernel. */
export interface Source {
  ask(resource: string): Promise<ArrayBuffer>;
}

/** A question that has no answer; the message is the host's own line. */
export class NoAnswer extends Error {}

/** A question whose answer is still being made ready: ask again. */
export class NotYet extends NoAnswer {}

const AGAIN = 400; // ms

export function problem(bytes: ArrayBuffer, Kind = NoAnswer): NoAnswer {
  try {
    return new Kind((JSON.parse(new TextDecoder().decode(bytes)) as Problem).error);
  } catch {
    return new Kind(new TextDecoder().decode(bytes) || "there is no answer");
  }
}

export class Asking {
  /** What is waited for, in the host's own words; empty where nothing is. */
  readonly waiting = signal("");
  private kept = new Map<string, ArrayBuffer>();
  private asked = new Map<string, Promise<ArrayBuffer>>();
  private late = new Set<string>();
  private held = 0;

  constructor(
    private source: Source,
    private limit = 192 * 2 ** 20,
  ) {}

  async bytes(resource: string): Promise<ArrayBuffer> {
    const kept = this.kept.get(resource);
    if (kept) {
      this.kept.delete(resource);
      this.kept.set(resource, kept);
      return kept;
    }
    const asked = this.asked.get(resource) ?? this.patiently(resource).finally(() => this.asked.delete(resource));
    this.asked.set(resource, asked);
    const bytes = await asked;
    if (!this.kept.has(resource)) this.keep(resource, bytes);
    return bytes;
  }

  async block(resource: string): Promise<Block> {
    return unpack(await this.bytes(resource));
  }

  async json<T>(resource: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.bytes(resource))) as T;
  }

  /** An answer that may be another one next time. */
  async fresh<T>(resource: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.patiently(resource))) as T;
  }

  private async patiently(resource: string): Promise<ArrayBuffer> {
    try {
      for (;;) {
        const bytes = await this.source.ask(resource).catch((error: Error) => this.delayed(resource, error));
        if (bytes) return bytes;
        await new Promise((resolve) => setTimeout(resolve, AGAIN));
      }
    } finally {
      this.late.delete(resource);
      if (!this.late.size) this.waiting.value = "";
    }
  }

  private delayed(resource: string, error: Error): void {
    if (!(error instanceof NotYet)) throw error;
    this.late.add(resource);
    this.waiting.value = error.message;
  }

  private keep(resource: string, bytes: ArrayBuffer): void {
    this.kept.set(resource, bytes);
    this.held += bytes.byteLength;
    for (const [oldest, dropped] of this.kept) {
      if (this.held <= this.limit) break;
      this.kept.delete(oldest);
      this.held -= dropped.byteLength;
    }
  }
}
