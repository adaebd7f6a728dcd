// Phone boundaries of the selected utterance: those of its labels, those that the selected head predicts, and those of
// MFCC and of a sum of heads in the run of otoscope segment.
import { computed, effect, signal } from "@preact/signals";
import { type ArrayBlock, floats } from "../core/arrayFormat";
import { innerBoundaries } from "../core/innerBoundaries";
import { latest } from "../core/latest";
import { routes } from "../core/routes";
import type { UtteranceLabels } from "./labels";
import type { ViewerStore } from "./viewerStore";

export type BoundaryKind = "labelled" | "predicted" | "MFCC" | "sum of heads";

/** The arrays of a kind in the answer of the server: times and confidences. */
const ARRAYS: [BoundaryKind, string, string][] = [
  ["predicted", "seconds", "confidences"],
  ["MFCC", "mfcc", "mfcc_confidences"],
  ["sum of heads", "sum", "sum_confidences"],
];

/** A boundary: its time in seconds, and its confidence over the highest of the utterance, from 0 to 1. */
export interface Boundary {
  time: number;
  share: number;
}

export class UtteranceBoundaries {
  /** Why the head predicts no boundaries; empty where it does. */
  readonly error = signal("");
  private readonly labelled = computed(() => innerBoundaries(this.labels.detail.value.phones));
  private readonly found = signal<Partial<Record<BoundaryKind, Boundary[]>>>({});
  private startRequest = latest();

  constructor(
    private store: ViewerStore,
    private labels: UtteranceLabels,
  ) {}

  /** The visible boundaries of a kind. */
  visible(kind: BoundaryKind): Boundary[] {
    if (!this.store.state.marks.value.includes(kind)) return [];
    if (kind === "labelled") return this.labelled.value.map((time) => ({ time, share: 1 }));
    return this.found.value[kind] ?? [];
  }

  /** Why boundaries of a kind cannot be shown; empty where they can. */
  missingReason(kind: BoundaryKind): string {
    if (kind === "labelled") return this.labelled.value.length ? "" : "this utterance has no phone labels";
    if (!this.hasSegmentation())
      return "To show predicted boundaries, also pass an otoscope segment run: otoscope view RUN SEGMENT_RUN.";
    const isMissing = Object.keys(this.found.value).length > 0 && !this.found.value[kind];
    return isMissing ? "The otoscope segment run did not test on this utterance." : "";
  }

  private hasSegmentation(): boolean {
    return this.store.runList.runs.some((run) => run.kind === "segmentation");
  }

  /**
   * Request predictions whenever they are switched on; returns a function that ends this. The effect writes `found` and
   * must not read it: it would request the same boundaries again and again.
   */
  follow(): () => void {
    return effect(() => {
      const { layer, head } = this.store.selectedHead.value;
      const resource = routes.boundaries(this.store.runIndex, this.store.state.utterance.value, layer, head);
      const isLatest = this.startRequest();
      this.found.value = {};
      this.error.value = "";
      const isWanted = ARRAYS.some(([kind]) => this.store.state.marks.value.includes(kind));
      if (!isWanted || !this.hasSegmentation()) return;
      this.store.client.arrays(resource, isLatest).then(
        (block) => {
          if (isLatest()) this.found.value = boundariesOf(block);
        },
        (error: Error) => {
          if (isLatest()) this.error.value = error.message;
        },
      );
    });
  }
}

/** The boundaries of each kind that the server has. */
function boundariesOf(block: ArrayBlock): Partial<Record<BoundaryKind, Boundary[]>> {
  const present = ARRAYS.filter(([, times]) => times in block.arrays);
  return Object.fromEntries(
    present.map(([kind, times, confidences]) => {
      const depths = floats(block, confidences);
      const highest = depths.reduce((a, b) => Math.max(a, b), 0) || 1;
      return [kind, Array.from(floats(block, times), (time, i) => ({ time, share: depths[i] / highest }))];
    }),
  );
}
