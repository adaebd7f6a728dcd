// Phones and words of the selected utterance, and the times of its frames.
import { computed, effect, signal, type Signal } from "@preact/signals";
import { latest } from "../core/latest";
import type { Range } from "../core/range";
import type { Span, UtteranceDetail } from "../core/schema";
import type { Segment } from "../core/segments";
import type { ViewerStore } from "./viewerStore";

const NO_LABELS: UtteranceDetail = { phones: [], words: [], origin: 0, no_audio_reason: "" };

export class UtteranceLabels {
  readonly detail = signal<UtteranceDetail>(NO_LABELS);
  /** Whether the labels of the utterance have arrived. */
  readonly ready = computed(() => this.detail.value !== NO_LABELS);
  private startRequest = latest();

  /** Errors go to the signal `error`. */
  constructor(
    private store: ViewerStore,
    private error: Signal<string>,
  ) {}

  /** Load the labels whenever the utterance changes; returns a function that ends this. */
  follow(): () => void {
    return effect(() => void this.load());
  }

  /** Load the labels of the utterance; false where this fails or the user has selected another utterance. */
  async load(): Promise<boolean> {
    const isLatest = this.startRequest();
    this.detail.value = NO_LABELS;
    this.error.value = "";
    try {
      const detail = await this.store.detail();
      if (!isLatest()) return false;
      this.detail.value = detail;
      return true;
    } catch (error) {
      if (isLatest()) this.error.value = (error as Error).message;
      return false;
    }
  }

  /** Seconds at which a frame begins. */
  secondsOf(frame: number): number {
    return this.detail.value.origin + frame * this.store.run.frame_period;
  }

  /** The visible range of an axis, in seconds. */
  visibleSeconds(along: "keys" | "queries"): Range {
    const { from, to } = this.store[along].value;
    return { from: this.secondsOf(from), to: this.secondsOf(to) };
  }

  /** Frames whose centre is in a segment with this phone label. */
  framesOf(phone: string): number[] {
    const segments = this.detail.value.phones.filter(({ folded }) => folded === phone);
    return this.framesWhere((time) => segments.some(({ start, end }) => start <= time && time < end));
  }

  /** Frames whose centre is in a segment. */
  framesIn({ start, end }: Segment): number[] {
    return this.framesWhere((time) => start <= time && time < end);
  }

  phoneAt(frame: number): Span | undefined {
    const time = this.secondsOf(frame + 0.5);
    return this.detail.value.phones.find(({ start, end }) => start <= time && time < end);
  }

  private framesWhere(matches: (time: number) => boolean): number[] {
    const frames = Array.from({ length: this.store.frames.value }, (_, frame) => frame);
    return frames.filter((frame) => matches(this.secondsOf(frame + 0.5)));
  }
}
