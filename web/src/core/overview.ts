// Thumbnails of every head on the chosen utterance, layer by layer as they arrive.
import { effect, signal } from "@preact/signals";
import type { Small } from "../parts/Thumb";
import { nameOf } from "./heads";
import type { Viewer } from "./viewer";

export interface Overview {
  thumbs: Record<string, Small>;
  problem: string;
  complete: boolean;
}

const EMPTY: Overview = { thumbs: {}, problem: "", complete: false };

export function followOverview(viewer: Viewer) {
  const overview = signal<Overview>(EMPTY);
  effect(() => void load(viewer.state.utterance.value));
  return overview;

  async function load(utterance: number): Promise<void> {
    overview.value = EMPTY;
    const layers = Array.from({ length: viewer.run.layers }, (_, layer) => layer);
    await Promise.all(layers.map((layer) => loadLayer(utterance, layer)));
    if (utterance === viewer.state.utterance.peek()) overview.value = { ...overview.value, complete: true };
  }

  async function loadLayer(utterance: number, layer: number): Promise<void> {
    const current = () => utterance === viewer.state.utterance.peek();
    try {
      const { shape, values } = (await viewer.asking.block(`${viewer.number}/overview/${utterance}/${layer}`)).arrays.code;
      const side = shape[1];
      const cut = (head: number) => (values as Uint8Array).subarray(head * side * side, (head + 1) * side * side);
      const heads = viewer.run.heads.filter((head) => head.layer === layer);
      const made = heads.map((head, place) => [nameOf(head), { code: cut(place), side }]);
      if (current()) overview.value = { ...overview.value, thumbs: { ...overview.value.thumbs, ...Object.fromEntries(made) } };
    } catch (error) {
      if (current()) overview.value = { ...overview.value, problem: (error as Error).message };
    }
  }
}
