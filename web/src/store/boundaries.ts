// Phone boundaries of the selected utterance: those of its labels, and those that the selected head predicts.
import { computed, effect, signal } from "@preact/signals";
import { floats } from "../core/arrayFormat";
import { innerBoundaries } from "../core/innerBoundaries";
import { latest } from "../core/latest";
import { routes } from "../core/routes";
import type { UtteranceLabels } from "./labels";
import type { ViewerStore } from "./viewerStore";

export type BoundaryKind = "labelled" | "predicted";

export class UtteranceBoundaries {
  /** Why the head predicts no boundaries; empty where it does. */
  readonly error = signal("");
  private readonly labelled = computed(() => innerBoundaries(this.labels.detail.value.phones));
  private readonly predicted = signal<Float32Array>(new Float32Array());
  private startRequest = latest();

  constructor(
    private store: ViewerStore,
    private labels: UtteranceLabels,
  ) {}

  /** The visible boundaries of a kind, in seconds. */
  times(kind: BoundaryKind): number[] {
    if (!this.store.state.marks.value.includes(kind)) return [];
    return kind === "labelled" ? this.labelled.value : Array.from(this.predicted.value);
  }

  /** Why boundaries of a kind cannot be shown; empty where they can. */
  missingReason(kind: BoundaryKind): string {
    if (kind === "labelled") return this.labelled.value.length ? "" : "this utterance has no phone labels";
    const hasSegmentation = this.store.runList.runs.some((run) => run.kind === "segmentation");
    if (hasSegmentation) return "";
    return "To show predicted boundaries, also pass an otoscope segment run: otoscope view RUN SEGMENT_RUN.";
  }

  /** Request predictions whenever they are switched on; returns a function that ends this. */
  follow(): () => void {
    return effect(() => {
      const { layer, head } = this.store.selectedHead.value;
      const resource = routes.boundaries(this.store.runIndex, this.store.state.utterance.value, layer, head);
      const isLatest = this.startRequest();
      this.predicted.value = new Float32Array();
      this.error.value = "";
      if (!this.store.state.marks.value.includes("predicted") || this.missingReason("predicted")) return;
      this.store.client.arrays(resource, isLatest).then(
        (block) => {
          if (isLatest()) this.predicted.value = floats(block, "seconds");
        },
        (error: Error) => {
          if (isLatest()) this.error.value = error.message;
        },
      );
    });
  }
}
