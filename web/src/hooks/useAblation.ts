// The effect of the removed heads and of the attention span on the selected utterance.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { requestKind } from "../core/gates";
import { routes } from "../core/routes";
import type { AblationResult } from "../core/schema";
import type { ViewerStore } from "../store/viewerStore";
import type { QueryState } from "./useQuery";

const DEBOUNCE_MS = 120; // without a further change before the model runs
const TRAINING_POLL_MS = 1500; // until the scores of a probe in training are requested again

/** The previous result of the same utterance remains until the next one arrives. */
export function useAblation(store: ViewerStore): Signal<QueryState<AblationResult>> {
  const state = useSignal<QueryState<AblationResult>>({});
  const { off, span, kind, gates, utterance } = store.state;
  const names = [...off.value].sort();
  const replacement = requestKind({ kind: kind.value, own: gates.value }, names);
  const resource = routes.ablation(0, utterance.value, names.join(",") || "none", span.value ?? "full", replacement);
  useEffect(() => {
    state.value = {};
  }, [utterance.value]);
  useEffect(() => {
    if (store.run.no_model_reason) return;
    let stale = false;
    let timer = 0;
    const request = async () => {
      try {
        const value = await store.client.fetchUncached<AblationResult>(resource, () => !stale);
        if (stale) return;
        state.value = { value };
        if (value.missing.some(({ pending }) => pending)) timer = window.setTimeout(request, TRAINING_POLL_MS);
      } catch (error) {
        if (!stale) state.value = { error: (error as Error).message };
      }
    };
    timer = window.setTimeout(request, DEBOUNCE_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [resource]);
  return state;
}
