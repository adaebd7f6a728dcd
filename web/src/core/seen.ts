// A signal as another part of the page sees it: the same value in other units, or among other choices.
import type { Signal } from "@preact/signals";

/** What is written goes to the shared signal through `back`. */
export function seen<T>(shared: Signal<T>, there: (value: T) => T, back: (value: T) => T = (value) => value): Signal<T> {
  const view = {
    get value() {
      return there(shared.value);
    },
    set value(value: T) {
      shared.value = back(value);
    },
    peek: () => there(shared.peek()),
  };
  return view as Signal<T>;
}

/** A choice that falls back to another where it is not among the options. */
export const among = (shared: Signal<string>, options: readonly string[], otherwise = options[0]): Signal<string> =>
  seen(shared, (value) => (options.includes(value) ? value : otherwise));
