// The utterance that is listened to: its labels, its sound, its player, and the query whose attention is shown.
import { computed, effect, signal } from "@preact/signals";
import WaveSurfer from "wavesurfer.js";
import { floats } from "./block";
import { innerBoundaries } from "./boundaries";
import { drawings } from "./pen";
import type { Theme } from "./colour";
import { AttentionMap } from "./map";
import { pan, zoom, type Range } from "./range";
import type { Span, UtteranceDetail } from "./schema";
import { attended, meanRow, type Stretch } from "./segments";
import { spectrogram, type Spectrogram } from "./spectrogram";
import { theme } from "./theme";
import type { Viewer } from "./viewer";
import { waveform } from "./waveform";

const SILENT: UtteranceDetail = { phones: [], words: [], origin: 0, silent: "" };

export class Hearing {
  readonly detail = signal<UtteranceDetail>(SILENT);
  /** Whether the labels of the utterance have arrived. */
  readonly known = computed(() => this.detail.value !== SILENT);
  /** Whether the sound of the utterance has arrived. */
  readonly heard = signal(false);
  readonly playing = signal(false);
  readonly time = signal(0);
  readonly problem = signal("");
  readonly unpredicted = signal("");
  /** Phone boundaries that the head's map says, in seconds, once they were asked for. */
  readonly predicted = signal<Float32Array>(new Float32Array());
  readonly labelled = computed(() => innerBoundaries(this.detail.value.phones));
  readonly spectrogram = signal<Spectrogram | null>(null);
  /** The frame under the pointer; without one, the query that was chosen. */
  readonly pointed = signal<number | null>(null);
  readonly query = computed(() => this.pointed.value ?? this.viewer.state.query.value);
  readonly map = computed(() => {
    const { layer, head } = this.viewer.chosenHead.value;
    const resource = `${this.viewer.number}/tile/${this.viewer.state.utterance.value}/${layer}/${head}`;
    return new AttentionMap(this.viewer.asking, resource, this.viewer.frames.value);
  });
  /** Attention of the query, or the mean over the queries of the chosen phone. */
  readonly attention = computed(() => {
    const map = this.map.value;
    void map.arrived.value;
    const queries = this.queriesShown.value;
    return queries.length ? meanRow(queries.map((query) => map.row(query))) : null;
  });
  readonly queriesShown = computed<number[]>(() => {
    const query = this.query.value;
    if (query !== null) return [Math.min(query, this.viewer.frames.value - 1)];
    const phone = this.viewer.state.phone.value;
    return phone ? this.framesOf(phone) : [];
  });
  private wave: WaveSurfer | null = null;
  private stops: (() => void)[] = [];
  private round = 0;
  private asked = 0;
  private turn = 0;

  constructor(readonly viewer: Viewer) {}

  get period(): number {
    return this.viewer.run.frame_period;
  }

  /** Seconds at which a frame begins. */
  secondsOf(frame: number): number {
    return this.detail.value.origin + frame * this.period;
  }

  /** Seconds that are shown along an axis. */
  secondsShown(along: "keys" | "queries"): Range {
    const { from, to } = this.viewer[along].value;
    return { from: this.secondsOf(from), to: this.secondsOf(to) };
  }

  /** Seconds of the boundaries of a kind, where they are shown. */
  boundaries(kind: string): number[] {
    if (!this.viewer.state.marks.value.includes(kind)) return [];
    return kind === "labelled" ? this.labelled.value : Array.from(this.predicted.value);
  }

  /** Why there are no boundaries of a kind; empty where there are. */
  lacks(kind: string): string {
    if (kind === "labelled") return this.labelled.value.length ? "" : "this utterance has no phone labels here";
    const tuned = this.viewer.catalogue.runs.some((run) => run.kind === "segmentation");
    return tuned ? "" : "name a run of otoscope segment after this one to see where the head predicts boundaries";
  }

  /** Frames whose middle lies in one of the phone's stretches. */
  framesOf(phone: string): number[] {
    const inside = (time: number) => this.detail.value.phones.some((p) => p.label === phone && p.start <= time && time < p.end);
    return Array.from({ length: this.viewer.frames.value }, (_, frame) => frame).filter((frame) =>
      inside(this.secondsOf(frame + 0.5)),
    );
  }

  phoneAt(frame: number): Span | undefined {
    const time = this.secondsOf(frame + 0.5);
    return this.detail.value.phones.find(({ start, end }) => start <= time && time < end);
  }

  /** Follow the labels of the utterance alone, without any sound. */
  read(): () => void {
    return effect(() => void this.learn());
  }

  /** Show the waveform in `container` and follow the utterance and the view. */
  attach(container: HTMLElement): () => void {
    this.wave = WaveSurfer.create({
      container,
      height: "auto",
      interact: false,
      hideScrollbar: true,
      autoScroll: false,
      autoCenter: false,
      normalize: true,
      sampleRate: 16000,
      cursorWidth: 2,
      cspNonce: nonce(container),
      ...colours(theme.value),
    });
    drawings.set(container, (pen, width, height) => {
      const sound = this.wave?.getDecodedData();
      if (sound && this.heard.value) waveform(pen, sound, this.secondsShown("keys"), width, height);
    });
    this.wave.on("timeupdate", (time) => (this.time.value = time));
    this.wave.on("play", () => (this.playing.value = true));
    this.wave.on("pause", () => (this.playing.value = false));
    this.stops = [effect(() => void this.load(this.viewer.state.utterance.value)), this.followTheme(), this.followView(container), this.followBoundaries()];
    return () => this.detach();
  }

  async play(start: number, end?: number): Promise<void> {
    await this.playEach([{ start, end }]);
  }

  toggle(): void {
    this.round++;
    if (this.canPlay()) void this.wave!.playPause();
  }

  /** Play the stretches that receive most of the attention, in order of time. */
  async playAttended(): Promise<void> {
    await this.playEach(this.stretches());
  }

  /** Play each query, and after it the key that it attends to most. */
  async playPairs(queries: Span[], keys: Span[]): Promise<void> {
    const round = ++this.round;
    const strongest = async (query: Span) => {
      const row = meanRow(await Promise.all(this.framesIn(query).map((frame) => this.map.value.fineRow(frame))));
      const held = (key: Span) => this.framesIn(key).reduce((sum, frame) => sum + row[frame], 0);
      return keys.reduce((best, key) => (held(key) > held(best) ? key : best));
    };
    const pairs = await Promise.all(queries.map(async (query) => [query, await strongest(query)]));
    if (round === this.round) await this.playEach(pairs.flat());
  }

  stretches(): Stretch[] {
    const row = this.attention.value;
    const { origin } = this.detail.value;
    return row ? attended(row, this.period).map(({ start, end }) => ({ start: start + origin, end: end + origin })) : [];
  }

  private framesIn({ start, end }: Stretch): number[] {
    const inside = (frame: number) => start <= this.secondsOf(frame + 0.5) && this.secondsOf(frame + 0.5) < end;
    return Array.from({ length: this.viewer.frames.value }, (_, frame) => frame).filter(inside);
  }

  /** Play stretches of time one after another; one without an end goes on until the sound does. */
  private async playEach(stretches: { start: number; end?: number }[]): Promise<void> {
    const round = ++this.round;
    for (const { start, end } of stretches) {
      await this.settled();
      if (round !== this.round || !this.canPlay()) return;
      const paused = this.paused();
      await this.wave!.play(Math.max(0, start), end);
      await paused;
    }
  }

  zoomAt(key: number, query: number, factor: number): void {
    const { frames, keys, queries } = this.viewer;
    this.viewer.look(zoom(keys.value, key, factor, frames.value), zoom(queries.value, query, factor, frames.value));
  }

  panBy(across: number, down: number): void {
    const { frames, keys, queries } = this.viewer;
    this.viewer.look(pan(keys.value, across, frames.value), pan(queries.value, down, frames.value));
  }

  private canPlay(): boolean {
    return this.wave !== null && this.heard.value;
  }

  /** Wait while the player seeks: it forgets where it is told to go meanwhile. */
  private async settled(): Promise<void> {
    const media = this.wave?.getMediaElement();
    if (media?.seeking) await new Promise((resolve) => media.addEventListener("seeked", resolve, { once: true }));
  }

  private paused(): Promise<void> {
    return new Promise((resolve) => {
      const stop = this.wave!.on("pause", () => {
        stop();
        resolve();
      });
    });
  }

  /** Have the labels of an utterance, none until they are there; false where they do not come or are no longer wanted. */
  private async learn(): Promise<boolean> {
    const turn = ++this.turn;
    const stale = () => turn !== this.turn;
    this.detail.value = SILENT;
    this.problem.value = "";
    try {
      const detail = await this.viewer.detail();
      if (stale()) return false;
      this.detail.value = detail;
      return true;
    } catch (error) {
      if (!stale()) this.problem.value = (error as Error).message;
      return false;
    }
  }

  private async load(utterance: number): Promise<void> {
    const wave = this.wave!;
    this.round++;
    wave.pause();
    this.playing.value = false; // loading another sound keeps the player's own word of it back
    this.heard.value = false;
    this.spectrogram.value = null;
    const learnt = this.learn();
    const turn = this.turn;
    const stale = () => wave !== this.wave || turn !== this.turn;
    if (!(await learnt) || stale()) return;
    this.problem.value = this.detail.value.silent;
    if (this.problem.value) return;
    try {
      const bytes = await this.viewer.asking.bytes(`${this.viewer.number}/audio/${utterance}`);
      if (stale()) return;
      await wave.loadBlob(new Blob([bytes], { type: "audio/wav" }));
      if (stale()) return;
      this.heard.value = true;
      this.drawSpectrogram();
    } catch (error) {
      if (!stale()) this.problem.value = (error as Error).message;
    }
  }

  private drawSpectrogram(): void {
    const sound = this.wave?.getDecodedData();
    if (sound && this.heard.peek()) this.spectrogram.value = spectrogram(sound.getChannelData(0), sound.sampleRate, theme.value);
  }

  private followBoundaries(): () => void {
    return effect(() => {
      const { viewer } = this;
      const { layer, head } = viewer.chosenHead.value;
      const resource = `${viewer.number}/boundaries/${viewer.state.utterance.value}/${layer}/${head}`;
      this.predicted.value = new Float32Array();
      this.unpredicted.value = "";
      if (!viewer.state.marks.value.includes("predicted") || this.lacks("predicted")) return;
      const round = ++this.asked;
      viewer.asking.block(resource).then(
        (block) => round === this.asked && (this.predicted.value = floats(block, "seconds")),
        (error: Error) => round === this.asked && (this.unpredicted.value = error.message),
      );
    });
  }

  private followTheme(): () => void {
    return effect(() => {
      this.wave?.setOptions(colours(theme.value));
      this.drawSpectrogram();
    });
  }

  private followView(container: HTMLElement): () => void {
    let waiting = 0;
    const show = () => {
      const { from, to } = this.viewer.keys.peek();
      const perSecond = container.clientWidth / ((to - from) * this.period);
      if (!this.wave?.getDecodedData()) return; // media may know its length before its sound is decoded
      this.wave.zoom(perSecond);
      this.wave.setScroll(this.secondsOf(from) * perSecond);
    };
    const soon = () => {
      cancelAnimationFrame(waiting);
      waiting = requestAnimationFrame(show);
    };
    this.wave!.on("ready", show);
    const observer = new ResizeObserver(soon);
    observer.observe(container);
    const stop = effect(() => {
      void this.viewer.keys.value;
      soon();
    });
    return () => {
      observer.disconnect();
      stop();
    };
  }

  private detach(): void {
    this.round++;
    this.stops.forEach((stop) => stop());
    this.wave?.destroy();
    this.wave = null;
    this.playing.value = false;
  }
}

function nonce(element: HTMLElement): string {
  return (element.closest("[data-nonce]") as HTMLElement | null)?.dataset.nonce ?? "";
}

function colours({ quiet, neutral, ink }: Theme) {
  return { waveColor: neutral, progressColor: quiet, cursorColor: ink };
}
