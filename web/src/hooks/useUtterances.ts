// The utterances of the run that the user's filter selects.
import { routes } from "../core/routes";
import type { UtteranceContents } from "../core/schema";
import { matching } from "../core/utterances";
import type { ViewerStore } from "../store/viewerStore";
import { useQuery } from "./useQuery";

export interface MatchingUtterances {
  /** Numbers of the utterances, in the order of the run. */
  numbers: number[];
  /** Which utterances contain which labels, from the first use of that filter. */
  contents: UtteranceContents | undefined;
  /** Why nothing is filtered by what utterances contain. */
  error: string;
}

export function useUtterances(store: ViewerStore, isOpen: boolean): MatchingUtterances {
  const { find, speaker, length, contains } = store.state;
  const isNeeded = isOpen || contains.value !== "";
  const contents = useQuery(
    () =>
      isNeeded ? store.client.json<UtteranceContents>(routes.contents(store.runIndex)) : Promise.resolve(undefined),
    [store, isNeeded],
  );
  const filter = { find: find.value, speaker: speaker.value, length: length.value, contains: contains.value };
  const { value, error } = contents.value;
  return { numbers: matching(store.run.utterances, filter, value), contents: value, error: error ?? "" };
}
