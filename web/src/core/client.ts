// The client of the viewer's API: it requests each resource once and caches the responses within a limit.
import { signal } from "@preact/signals";
import { unpack, type ArrayBlock } from "./arrayFormat";
import type { ErrorMessage } from "./schema";
import { Semaphore } from "./semaphore";

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

/** The page no longer needs a resource. */
export class CancelledError extends RequestError {}

export const OK = 200;
const ACCEPTED = 202; // the resource is not available yet
const POLL_MS = 400;
const CACHE_BYTES = 192 * 2 ** 20;
const MAX_SLOW_REQUESTS = 2; // of the six connections of a browser
const SLOW = /^\d+\/(thumbnails|tile|boundaries|ablation)\//;
const always = (): boolean => true;

/** The message of a response that is no success. */
export function errorMessage(bytes: ArrayBuffer): string {
  const text = new TextDecoder().decode(bytes);
  try {
    return (JSON.parse(text) as ErrorMessage).error;
  } catch {
    return text || "the viewer sent an empty response";
  }
}

/** A request on its way, and who waits for it; it is needed while one of them needs it. */
interface Pending {
  bytes: Promise<ArrayBuffer>;
  needs: (() => boolean)[];
}

export class ApiClient {
  /** Why requests wait, in the words of the host, by the beginning of their resources. */
  private readonly reasons = signal<ReadonlyMap<string, string>>(new Map());
  private cache = new Map<string, ArrayBuffer>();
  private pending = new Map<string, Pending>();
  private slow = new Semaphore(MAX_SLOW_REQUESTS);
  private size = 0;

  constructor(
    private host: Host,
    private limit = CACHE_BYTES,
  ) {}

  /** `isNeeded` cancels the request where it becomes false before the response is ready. */
  async bytes(resource: string, isNeeded = always): Promise<ArrayBuffer> {
    const cached = this.cache.get(resource);
    if (cached) {
      this.cache.delete(resource); // and add it again as the most recently used
      this.cache.set(resource, cached);
      return cached;
    }
    const bytes = await this.join(resource, isNeeded).bytes;
    if (!this.cache.has(resource)) this.store(resource, bytes);
    return bytes;
  }

  async arrays(resource: string, isNeeded = always): Promise<ArrayBlock> {
    return unpack(await this.bytes(resource, isNeeded));
  }

  async json<T>(resource: string): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.bytes(resource))) as T;
  }

  /** A response that may change: it is not cached. */
  async fetchUncached<T>(resource: string, isNeeded = always): Promise<T> {
    return JSON.parse(new TextDecoder().decode(await this.poll(resource, isNeeded))) as T;
  }

  /** Why a request waits whose resource begins so; empty where none waits. */
  waitingFor(prefix: string): string {
    for (const [resource, reason] of this.reasons.value) if (resource.startsWith(prefix)) return reason;
    return "";
  }

  /** Join the request of a resource that is on its way, or start it. */
  private join(resource: string, isNeeded: () => boolean): Pending {
    const joined = this.pending.get(resource);
    if (joined) {
      joined.needs.push(isNeeded);
      return joined;
    }
    const needs = [isNeeded];
    const bytes = this.poll(resource, () => needs.some((need) => need()));
    const pending = { bytes: bytes.finally(() => this.pending.delete(resource)), needs };
    this.pending.set(resource, pending);
    return pending;
  }

  /** Repeat a request until its response is ready, or the page does not need it any more. */
  private async poll(resource: string, isNeeded: () => boolean): Promise<ArrayBuffer> {
    try {
      for (;;) {
        const { status, bytes } = await this.ask(resource, isNeeded);
        if (status === OK) return bytes;
        if (status !== ACCEPTED) throw new RequestError(errorMessage(bytes));
        this.setReason(resource, errorMessage(bytes));
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
    } finally {
      this.setReason(resource, "");
    }
  }

  /** Slow resources share few connections, so that labels and sound are never behind them. */
  private ask(resource: string, isNeeded: () => boolean): Promise<HostResponse> {
    const request = async () => {
      if (isNeeded()) return this.host.fetch(resource);
      throw new CancelledError("the page no longer needs it");
    };
    return SLOW.test(resource) ? this.slow.run(request) : request();
  }

  private setReason(resource: string, reason: string): void {
    if ((this.reasons.peek().get(resource) ?? "") === reason) return;
    const reasons = new Map(this.reasons.peek());
    if (reason) reasons.set(resource, reason);
    else reasons.delete(resource);
    this.reasons.value = reasons;
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
