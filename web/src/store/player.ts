// One utterance in a view: its labels and audio, and the attention of the selected query over it.
import { computed, signal } from "@preact/signals";
import { AttentionMap } from "../core/attentionMap";
import { pan, zoom } from "../core/range";
import { routes } from "../core/routes";
import type { Span } from "../core/schema";
import { attendedSegments, meanRow, type Segment } from "../core/segments";
import { AudioTrack } from "./audioTrack";
import { UtteranceBoundaries } from "./boundaries";
import { UtteranceLabels } from "./labels";
import type { ViewerStore } from "./viewerStore";

export class UtterancePlayer {
  readonly error = signal("");
  private shown: AttentionMap | null = null;
  readonly labels: UtteranceLabels;
  readonly boundaries: UtteranceBoundaries;
  readonly audio: AudioTrack;
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

  constructor(readonly store: ViewerStore) {
    this.labels = new UtteranceLabels(store, this.error);
    this.boundaries = new UtteranceBoundaries(store, this.labels);
    this.audio = new AudioTrack(store, this.labels, this.error);
  }

  /** Show the waveform in `container` and follow the store; returns a function that ends this. */
  attach(container: HTMLElement): () => void {
    const stops = [this.audio.attach(container), this.boundaries.follow()];
    return () => [...stops, () => this.release()].forEach((stop) => stop());
  }

  /** Cancel the requests of the map. */
  release(): void {
    if (this.shown) this.shown.isNeeded = false;
  }

  async playFrom(start: number): Promise<void> {
    await this.audio.play([{ start }]);
  }

  /** Play the segments that receive most of the attention, in order of time. */
  async playAttended(): Promise<void> {
    await this.audio.play(this.attendedSegments());
  }

  /** Play each query, and after it the key that it attends to most. */
  async playPairs(queries: Span[], keys: Span[]): Promise<void> {
    const isLatest = this.audio.startPlayback();
    const pairs = await Promise.all(queries.map(async (query) => [query, await this.strongestKey(query, keys)]));
    if (isLatest()) await this.audio.play(pairs.flat());
  }

  zoomAt(key: number, query: number, factor: number): void {
    const { frames, keys, queries } = this.store;
    this.store.setRange(zoom(keys.value, key, factor, frames.value), zoom(queries.value, query, factor, frames.value));
  }

  panBy(across: number, down: number): void {
    const { frames, keys, queries } = this.store;
    this.store.setRange(pan(keys.value, across, frames.value), pan(queries.value, down, frames.value));
  }

  private attendedSegments(): Segment[] {
    const row = this.attention.value;
    if (!row) return [];
    const { origin } = this.labels.detail.value;
    const segments = attendedSegments(row, this.store.run.frame_period);
    return segments.map(({ start, end }) => ({ start: start + origin, end: end + origin }));
  }

  private async strongestKey(query: Span, keys: Span[]): Promise<Span> {
    const map = this.map.value;
    const row = meanRow(await Promise.all(this.labels.framesIn(query).map((frame) => map.fineRow(frame))));
    const attentionOn = (key: Span) => this.labels.framesIn(key).reduce((sum, frame) => sum + row[frame], 0);
    return keys.reduce((best, key) => (attentionOn(key) > attentionOn(best) ? key : best));
  }
}
