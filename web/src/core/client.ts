// The client of the viewer's API: it requests each resource once and caches the responses within a limit.
import { signal } from "@preact/signals";
import { unpack, type ArrayBlock } from "./arrayFormat";
import type { ErrorMessage } from "./schema";

export interface HostResponse {
  /** An HTTP status. */
  status: number;
  bytes: ArrayBuffer;
}

/** What serves the API: a server, an exported page, or the kernel of a notebook. */
export interface Host {
  fetch(resource: string): Promise<HostResponse>;
}

/** A resource is not available; the message is for the user. */
export class RequestError extends Error {}

export const OK = 200;
const ACCEPTED = 202; // the resource is not available yet
const POLL_MS = 400;
const CACHE_BYTES = 192 * 2 ** 20;

/** The message of a response that is no success. */
export function errorMessage(bytes: ArrayBuffer): string {
  const text = new TextDecoder().decode(bytes);
  try {
    return (JSON.parse(text) as ErrorMessage).error;
  } catch {
    return text || "the viewer sent an empty response";
  }
}

export class ApiClient {
  /** Why a request waits, in the words of the host; empty where none waits. */
  readonly waiting = signal("");
  private cache = new Map<string, ArrayBuffer>();
  private pending = new Map<string, Promise<ArrayBuffer>>();
  private late = new Set<string>();
  private size = 0;

  constructor(
    private host: Host,
    private limit = CACHE_BYTES,
  ) {}

  async bytes(resource: string): Promise<ArrayBuffer> {
    const cached = this.cache.get(resource);
    if (cached) {
      this.cache.delete(resource); // and add it again as the most recently used
      this.cache.set(resource, cached);
      return cached;
    }
    const pending = this.pending.get(resource) ?? this.poll(resource).finally(() => this.pending.delete(resource));
    this.pending.set(resource, pending);
    const bytes = await pending;
    if (!this.cache.has(resource)) this.store(resource, bytes);
    return bytes;
  }

  async arrays(resource: string): Promise<ArrayBlock> {
    return unpack(await this.bytes(resource));
  }

  async json<T>(resource: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.bytes(resource))) as T;
  }

  /** A response that may change: it is not cached. */
  async fetchUncached<T>(resource: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.poll(resource))) as T;
  }

  private async poll(resource: string): Promise<ArrayBuffer> {
    try {
      for (;;) {
        const { status, bytes } = await this.host.fetch(resource);
        if (status === OK) return bytes;
        if (status !== ACCEPTED) throw new RequestError(errorMessage(bytes));
        this.late.add(resource);
        this.waiting.value = errorMessage(bytes);
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    } finally {
      this.late.delete(resource);
      if (!this.late.size) this.waiting.value = "";
    }
  }

  private store(resource: string, bytes: ArrayBuffer): void {
    this.cache.set(resource, bytes);
    this.size += bytes.byteLength;
    for (const [oldest, dropped] of this.cache) {
      if (this.size <= this.limit) break;
      this.cache.delete(oldest);
      this.size -= dropped.byteLength;
    }
  }
}
