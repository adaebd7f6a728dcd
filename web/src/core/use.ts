// What a part waits for: nothing yet, the answer, or why there is none.
import { useSignal, type Signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

export interface Awaited<T> {
  value?: T;
  problem?: string;
}

/** The answer to a question that is asked anew whenever `keys` change. */
export function useAnswer<T>(question: () => Promise<T>, keys: unknown[]): Signal<Awaited<T>> {
  const answer = useSignal<Awaited<T>>({});
  useEffect(() => {
    let stale = false;
    answer.value = {};
    question().then(
      (value) => stale || (answer.value = { value }),
      (error: Error) => stale || (answer.value = { problem: error.message }),
    );
    return () => {
      stale = true;
    };
  }, keys);
  return answer;
}
