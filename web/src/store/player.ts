// One utterance in a view: its labels and audio, and the attention of the selected query over it.
import { computed, signal } from "@preact/signals";
import { AttentionMap } from "../core/attentionMap";
import { latest } from "../core/latest";
import type { Part } from "../core/mix";
import { pan, zoom } from "../core/range";
import { routes } from "../core/routes";
import type { Span } from "../core/schema";
import { meanRow } from "../core/segments";
import { AudioTrack } from "./audioTrack";
import { UtteranceBoundaries } from "./boundaries";
import { UtteranceLabels } from "./labels";
import { Listening } from "./listening";
import type { ViewerStore } from "./viewerStore";

export class UtterancePlayer {
  readonly error = signal("");
  private shown: AttentionMap | null = null;
  readonly labels: UtteranceLabels;
  readonly boundaries: UtteranceBoundaries;
  readonly audio: AudioTrack;
  readonly listening: Listening;
  /** The frame under the pointer, which takes precedence over the selected query. */
  readonly pointed = signal<number | null>(null);
  readonly query = computed(() => this.pointed.value ?? this.store.state.query.value);
  readonly map = computed(() => {
    const { layer, head } = this.store.selectedHead.value;
    const utterance = this.store.state.utterance.value;
    const resource = (level: number, row: number, column: number) =>
      routes.tile(this.store.runIndex, utterance, layer, head, level, row, column);
    this.release();
    return (this.shown = new AttentionMap(this.store.client, resource, this.store.frames.value));
  });
  readonly queriesShown = computed<number[]>(() => {
    const query = this.query.value;
    if (query !== null) return [Math.min(query, this.store.frames.value - 1)];
    const phone = this.store.state.phone.value;
    return phone ? this.labels.framesOf(phone) : [];
  });
  /** Attention of the query, or the mean over the queries of the selected phone. */
  readonly attention = computed(() => {
    const map = this.map.value;
    void map.version.value;
    const queries = this.queriesShown.value;
    return queries.length ? meanRow(queries.map((query) => map.row(query))) : null;
  });

  readonly playing = computed(() => this.audio.playing.value || this.listening.playback.parts.value !== null);
  /** The second of the utterance that is audible. */
  readonly time = computed(() =>
    this.listening.playback.parts.value ? this.listening.playback.time.value : this.audio.time.value,
  );
  private startPlayback = latest();

  constructor(readonly store: ViewerStore) {
    this.labels = new UtteranceLabels(store, this.error);
    this.boundaries = new UtteranceBoundaries(store, this.labels);
    this.audio = new AudioTrack(store, this.labels, this.error);
    this.listening = new Listening(this);
  }

  /** Show the waveform in `container` and follow the store; returns a function that ends this. */
  attach(container: HTMLElement): () => void {
    const stops = [this.audio.attach(container), this.boundaries.follow(), this.listening.follow()];
    return () => [...stops, () => this.release()].forEach((stop) => stop());
  }

  /** Cancel the requests of the map. */
  release(): void {
    if (this.shown) this.shown.isNeeded = false;
  }

  /** Pause what is played, or play the utterance. */
  toggle(): void {
    this.startPlayback();
    if (this.listening.playback.parts.peek()) this.listening.playback.stop();
    else this.audio.toggle();
  }

  async playFrom(start: number): Promise<void> {
    this.startPlayback();
    this.listening.playback.stop();
    await this.audio.playFrom(start);
  }

  /** Play the segments that receive most of the attention, in order of time. */
  async playAttended(): Promise<void> {
    this.startPlayback();
    await this.listening.play(this.listening.parts.value);
  }

  /** Play each query, and after it the key that it attends to most. */
  async playPairs(queries: Span[], keys: Span[]): Promise<void> {
    const isLatest = this.startPlayback();
    const pairs = await Promise.all(queries.map(async (query) => [query, await this.strongestKey(query, keys)]));
    const parts = pairs.flatMap(([query, key]): Part[] => [
      { ...query, role: "query" },
      { ...key, role: "attended" },
    ]);
    if (isLatest()) await this.listening.play(parts);
  }

  zoomAt(key: number, query: number, factor: number): void {
    const { frames, keys, queries } = this.store;
    this.store.setRange(zoom(keys.value, key, factor, frames.value), zoom(queries.value, query, factor, frames.value));
  }

  panBy(across: number, down: number): void {
    const { frames, keys, queries } = this.store;
    this.store.setRange(pan(keys.value, across, frames.value), pan(queries.value, down, frames.value));
  }

  private async strongestKey(query: Span, keys: Span[]): Promise<Span> {
    const map = this.map.value;
    const row = meanRow(await Promise.all(this.labels.framesIn(query).map((frame) => map.fineRow(frame))));
    const attentionOn = (key: Span) => this.labels.framesIn(key).reduce((sum, frame) => sum + row[frame], 0);
    return keys.reduce((best, key) => (attentionOn(key) > attentionOn(best) ? key : best));
  }
}
