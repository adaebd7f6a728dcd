// Playback of a mix of parts of the utterance.
import { signal } from "@preact/signals";
import { mixed, utteranceTime, type Mix, type PlacedPart } from "../core/mix";
import { wav } from "../core/wav";

export class MixPlayback {
  /** The parts of the mix that plays; null while none plays. */
  readonly parts = signal<readonly PlacedPart[] | null>(null);
  /** The second of the utterance that is audible. */
  readonly time = signal(0);
  private readonly media = new Audio();
  private frame = 0;

  constructor() {
    this.media.addEventListener("ended", () => this.stop());
  }

  async play(mix: Mix, repeat: boolean): Promise<void> {
    this.stop();
    if (!mix.parts.length) return;
    this.media.src = URL.createObjectURL(wav([mixed(mix)], mix.rate));
    this.media.loop = repeat;
    this.parts.value = mix.parts;
    this.follow();
    await this.media.play().catch(() => this.stop()); // stopped before it began, or the browser forbids it
  }

  stop(): void {
    if (!this.parts.peek()) return;
    cancelAnimationFrame(this.frame);
    this.media.pause();
    URL.revokeObjectURL(this.media.src);
    this.parts.value = null;
  }

  private follow(): void {
    const parts = this.parts.peek();
    if (!parts) return;
    this.time.value = utteranceTime(parts, this.media.currentTime);
    this.frame = requestAnimationFrame(() => this.follow());
  }
}
