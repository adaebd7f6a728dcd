// What the user listens to: the parts of the utterance that a query attends to, and perhaps the query before them.
import { computed, effect } from "@preact/signals";
import { mixOf, type Mix, type Part, type Role } from "../core/mix";
import { attendedSegments, segmentsOf, type Segment } from "../core/segments";
import { MixPlayback } from "./mixPlayback";
import type { UtterancePlayer } from "./player";

/** Shares of the attention that can be played, by their names. */
export const SHARES: Record<string, number> = { half: 0.5, "three quarters": 0.75 };

/** Settings that the user switches on and off. */
export const SETTINGS = ["query first", "fades", "even loudness", "repeat"] as const;
export type Setting = (typeof SETTINGS)[number];

export class Listening {
  readonly playback = new MixPlayback();
  readonly share = computed(() => {
    const name = this.player.store.state.share.value;
    return Object.hasOwn(SHARES, name) ? SHARES[name] : SHARES.half;
  });
  /** The parts that are played for the query, in order. */
  readonly parts = computed<Part[]>(() => {
    const row = this.player.attention.value;
    if (!row) return [];
    const attended = attendedSegments(row, this.period, this.share.value);
    return [...(this.has("query first") ? this.queryParts() : []), ...this.placed(attended, "attended")];
  });

  constructor(private player: UtterancePlayer) {}

  has(setting: Setting): boolean {
    return this.player.store.state.listening.value.includes(setting);
  }

  /** Stop where the utterance changes; returns a function that ends this. */
  follow(): () => void {
    const stop = effect(() => {
      void this.player.store.state.utterance.value;
      this.playback.stop();
    });
    return () => {
      stop();
      this.playback.stop();
    };
  }

  async play(parts: readonly Part[]): Promise<void> {
    const mix = this.mix(parts);
    if (!mix) return;
    this.player.audio.pause();
    await this.playback.play(mix, this.has("repeat"));
  }

  /** The sound of some parts; null until the audio has arrived. */
  mix(parts: readonly Part[]): Mix | null {
    const sound = this.player.audio.sound();
    return sound && mixOf(sound, parts, { fades: this.has("fades"), evenLoudness: this.has("even loudness") });
  }

  /** The parts of the query and of what it attends to, whether the query is played or not. */
  partsWithQuery(): Part[] {
    return [...this.queryParts(), ...this.parts.value.filter(({ role }) => role === "attended")];
  }

  private get period(): number {
    return this.player.store.run.frame_period;
  }

  private queryParts(): Part[] {
    const queries = this.player.queriesShown.value;
    return this.placed(segmentsOf(queries, this.period, this.player.store.frames.value), "query");
  }

  /** Segments of frames as parts of the audio. */
  private placed(segments: Segment[], role: Role): Part[] {
    const { origin } = this.player.labels.detail.value;
    return segments.map(({ start, end }) => ({ role, start: start + origin, end: end + origin }));
  }
}
