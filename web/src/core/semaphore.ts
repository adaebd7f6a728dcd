// A limit for what runs at the same time.

export class Semaphore {
  private waiting: (() => void)[] = [];

  constructor(private free: number) {}

  /** Run a function when fewer than the limit run. */
  async run<T>(action: () => Promise<T>): Promise<T> {
    if (this.free > 0) this.free--;
    else await new Promise<void>((resolve) => this.waiting.push(resolve));
    try {
      return await action();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.free++;
    }
  }
}
