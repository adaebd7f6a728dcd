// Signals that read and write another signal: in other units, or with restricted values.
import type { Signal } from "@preact/signals";

/** A view of a signal; writes go to the shared signal through `back`. */
export function mapSignal<T>(
  shared: Signal<T>,
  there: (value: T) => T,
  back: (value: T) => T = (value) => value,
): Signal<T> {
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

/** A choice with a fallback for a value that is not among the options. */
export const restrictTo = (
  shared: Signal<string>,
  options: readonly string[],
  otherwise = options[0],
): Signal<string> => mapSignal(shared, (value) => (options.includes(value) ? value : otherwise));
