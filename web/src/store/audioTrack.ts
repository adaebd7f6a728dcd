// The audio of the selected utterance: its waveform by WaveSurfer, its spectrogram, and playback.
import { effect, signal, type Signal } from "@preact/signals";
import WaveSurfer from "wavesurfer.js";
import type { Theme } from "../core/colour";
import { redrawers } from "../core/drawing";
import { latest } from "../core/latest";
import type { Sound } from "../core/mix";
import { routes } from "../core/routes";
import { spectrogram, type Spectrogram } from "../core/spectrogram";
import { drawWaveform } from "../core/waveform";
import type { UtteranceLabels } from "./labels";
import { theme } from "./theme";
import type { ViewerStore } from "./viewerStore";

export class AudioTrack {
  /** Whether the audio of the utterance has arrived. */
  readonly ready = signal(false);
  readonly playing = signal(false);
  readonly time = signal(0);
  readonly spectrogram = signal<Spectrogram | null>(null);
  /** Begin to play something else; the returned function says whether nothing else has begun since. */
  private startPlayback = latest();
  private startLoad = latest();
  private wave: WaveSurfer | null = null;

  /** Errors go to the signal `error`. */
  constructor(
    private store: ViewerStore,
    private labels: UtteranceLabels,
    private error: Signal<string>,
  ) {}

  /** Show the waveform in `container` and follow the utterance, the theme and the visible range. */
  attach(container: HTMLElement): () => void {
    this.wave = createWave(container);
    redrawers.set(container, (context, width, height) => {
      const audio = this.wave?.getDecodedData();
      if (audio && this.ready.value) drawWaveform(context, audio, this.labels.visibleSeconds("keys"), width, height);
    });
    this.wave.on("timeupdate", (time) => (this.time.value = time));
    this.wave.on("play", () => (this.playing.value = true));
    this.wave.on("pause", () => (this.playing.value = false));
    const utterance = this.store.state.utterance;
    const stops = [effect(() => void this.load(utterance.value)), this.followTheme(), this.followRange(container)];
    return () => {
      this.startPlayback();
      stops.forEach((stop) => stop());
      this.wave?.destroy();
      this.wave = null;
      this.playing.value = false;
    };
  }

  toggle(): void {
    this.startPlayback();
    if (this.canPlay()) void this.wave!.playPause();
  }

  pause(): void {
    this.startPlayback();
    this.wave?.pause();
  }

  /** Play from a second to the end of the utterance. */
  async playFrom(start: number): Promise<void> {
    const isLatest = this.startPlayback();
    await this.seekSettled();
    if (isLatest() && this.canPlay()) await this.wave!.play(Math.max(0, start));
  }

  /** The samples of the utterance; null until they have arrived. */
  sound(): Sound | null {
    const audio = this.ready.value ? this.wave?.getDecodedData() : null;
    return audio ? { samples: audio.getChannelData(0), rate: audio.sampleRate } : null;
  }

  private canPlay(): boolean {
    return this.wave !== null && this.ready.value;
  }

  /** Wait while the media element seeks: it ignores a new position until then. */
  private async seekSettled(): Promise<void> {
    const media = this.wave?.getMediaElement();
    if (media?.seeking) await new Promise((resolve) => media.addEventListener("seeked", resolve, { once: true }));
  }

  private async load(utterance: number): Promise<void> {
    const wave = this.wave!;
    const isLatestLoad = this.startLoad();
    const isStale = () => wave !== this.wave || !isLatestLoad();
    this.startPlayback();
    wave.pause();
    this.playing.value = false; // WaveSurfer delays its own event while it loads other audio
    this.ready.value = false;
    this.spectrogram.value = null;
    if (!(await this.labels.load()) || isStale()) return;
    this.error.value = this.labels.detail.value.no_audio_reason;
    if (this.error.value) return;
    try {
      const bytes = await this.store.client.bytes(routes.audio(this.store.runIndex, utterance));
      if (isStale()) return;
      await wave.loadBlob(new Blob([bytes], { type: "audio/wav" }));
      if (isStale()) return;
      this.ready.value = true;
      setTimeout(() => !isStale() && this.drawSpectrogram()); // a long one takes a second: the sound comes first
    } catch (error) {
      if (!isStale()) this.error.value = (error as Error).message;
    }
  }

  private drawSpectrogram(): void {
    const audio = this.wave?.getDecodedData();
    if (!audio || !this.ready.peek()) return;
    this.spectrogram.value = spectrogram(audio.getChannelData(0), audio.sampleRate, theme.value);
  }

  private followTheme(): () => void {
    return effect(() => {
      this.wave?.setOptions(waveColours(theme.value));
      this.drawSpectrogram();
    });
  }

  private followRange(container: HTMLElement): () => void {
    let frameRequest = 0;
    const show = () => {
      const { from, to } = this.store.keys.peek();
      const pixelsPerSecond = container.clientWidth / ((to - from) * this.store.run.frame_period);
      if (!this.wave?.getDecodedData()) return; // the media element knows its length before the audio is decoded
      this.wave.zoom(pixelsPerSecond);
      this.wave.setScroll(this.labels.secondsOf(from) * pixelsPerSecond);
    };
    const scheduleShow = () => {
      cancelAnimationFrame(frameRequest);
      frameRequest = requestAnimationFrame(show);
    };
    this.wave!.on("ready", show);
    const observer = new ResizeObserver(scheduleShow);
    observer.observe(container);
    const stop = effect(() => {
      void this.store.keys.value;
      scheduleShow();
    });
    return () => {
      observer.disconnect();
      stop();
    };
  }
}

function createWave(container: HTMLElement): WaveSurfer {
  return WaveSurfer.create({
    container,
    height: "auto",
    interact: false,
    hideScrollbar: true,
    autoScroll: false,
    autoCenter: false,
    normalize: true,
    sampleRate: 16000,
    cursorWidth: 2,
    cspNonce: container.closest<HTMLElement>("[data-nonce]")?.dataset.nonce ?? "",
    ...waveColours(theme.value),
  });
}

function waveColours({ quiet, neutral, ink }: Theme) {
  return { waveColor: neutral, progressColor: quiet, cursorColor: ink };
}
