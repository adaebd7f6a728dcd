// A request of a component: its response, its error, or nothing yet.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface QueryState<T> {
  value?: T;
  error?: string;
}

/** The state of a request, which is repeated when one of `keys` changes. */
export function useQuery<T>(request: () => Promise<T>, keys: unknown[]): Signal<QueryState<T>> {
  const state = useSignal<QueryState<T>>({});
  useEffect(() => {
    let stale = false;
    state.value = {};
    request().then(
      (value) => {
        if (!stale) state.value = { value };
      },
      (error: Error) => {
        if (!stale) state.value = { error: error.message };
      },
    );
    return () => {
      stale = true;
    };
  }, keys);
  return state;
}
