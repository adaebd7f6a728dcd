// Small inputs that several rooms share.
import type { Signal } from "@preact/signals";
import { spoken } from "../core/heads";

interface SelectProps<T extends string> {
  label: string;
  value: Signal<T>;
  options: readonly (T | readonly [T, string])[];
}

export function Select<T extends string>({ label, value, options }: SelectProps<T>) {
  return (
    <label class="select">
      <span>{label}</span>
      <select value={value.value} onChange={(event) => (value.value = event.currentTarget.value as T)}>
        {options.map((option) => {
          const [given, name] = typeof option === "string" ? [option, spoken(option)] : option;
          return (
            <option key={given} value={given}>
              {name}
            </option>
          );
        })}
      </select>
    </label>
  );
}

export function Choice<T extends string>({ label, value, options }: SelectProps<T>) {
  return (
    <div class="choice" role="radiogroup" aria-label={label}>
      {options.map((option) => {
        const [given, name] = typeof option === "string" ? [option, option] : option;
        const chosen = value.value === given;
        return (
          <button key={given} type="button" role="radio" aria-checked={chosen} onClick={() => (value.value = given as T)}>
            {name}
          </button>
        );
      })}
    </div>
  );
}

/** Each of some problems once, those that are none left out. */
export function Notices({ of }: { of: (string | undefined)[] }) {
  return (
    <>
      {[...new Set(of)].map((problem) => problem && <Notice key={problem}>{problem}</Notice>)}
    </>
  );
}

export function Notice({ children }: { children: preact.ComponentChildren }) {
  return (
    <p class="notice" role="status">
      {children}
    </p>
  );
}
