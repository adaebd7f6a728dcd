// Thumbnails of all heads on the selected utterance, layer by layer as they arrive.
import { routes } from "../core/routes";
import { effect, signal } from "@preact/signals";
import type { ThumbnailImage } from "../components/Thumbnail";
import { headId } from "../core/heads";
import type { ViewerStore } from "./viewerStore";

export interface Thumbnails {
  images: Record<string, ThumbnailImage>;
  error: string;
  complete: boolean;
}

const EMPTY: Thumbnails = { images: {}, error: "", complete: false };

export function followThumbnails(store: ViewerStore) {
  const thumbnails = signal<Thumbnails>(EMPTY);
  effect(() => void load(store.state.utterance.value));
  return thumbnails;

  async function load(utterance: number): Promise<void> {
    thumbnails.value = EMPTY;
    const layers = Array.from({ length: store.run.layers }, (_, layer) => layer);
    await Promise.all(layers.map((layer) => loadLayer(utterance, layer)));
    if (utterance === store.state.utterance.peek()) thumbnails.value = { ...thumbnails.value, complete: true };
  }

  async function loadLayer(utterance: number, layer: number): Promise<void> {
    const current = () => utterance === store.state.utterance.peek();
    try {
      const block = await store.client.arrays(routes.thumbnails(store.runIndex, utterance, layer), current);
      const { shape, values } = block.arrays.code;
      const side = shape[1];
      const cut = (head: number) => (values as Uint8Array).subarray(head * side * side, (head + 1) * side * side);
      const heads = store.run.heads.filter((head) => head.layer === layer);
      const images = heads.map((head, index) => [headId(head), { code: cut(index), side }]);
      if (current())
        thumbnails.value = {
          ...thumbnails.value,
          images: { ...thumbnails.value.images, ...Object.fromEntries(images) },
        };
    } catch (error) {
      if (current()) thumbnails.value = { ...thumbnails.value, error: (error as Error).message };
    }
  }
}
