// Inputs and messages that several views share.
import type { Signal } from "@preact/signals";
import { columnLabel } from "../core/heads";

interface SelectProps<T extends string> {
  label: string;
  value: Signal<T>;
  options: readonly (T | readonly [T, string])[];
}

export function Select<T extends string>({ label, value, options }: SelectProps<T>) {
  return (
    <label class="oto-select">
      <span>{label}</span>
      <select value={value.value} onChange={(event) => (value.value = event.currentTarget.value as T)}>
        {options.map((option) => {
          const [key, name] = typeof option === "string" ? [option, columnLabel(option)] : option;
          return (
            <option key={key} value={key}>
              {name}
            </option>
          );
        })}
      </select>
    </label>
  );
}

export function RadioGroup<T extends string>({ label, value, options }: SelectProps<T>) {
  return (
    <div class="oto-choice" role="radiogroup" aria-label={label}>
      {options.map((option) => {
        const [key, name] = typeof option === "string" ? [option, option] : option;
        const chosen = value.value === key;
        return (
          <button key={key} type="button" role="radio" aria-checked={chosen} onClick={() => (value.value = key as T)}>
            {name}
          </button>
        );
      })}
    </div>
  );
}

/** All messages that are not empty, each once. */
export function Notices({ of }: { of: (string | undefined)[] }) {
  return <>{[...new Set(of)].map((error) => error && <Notice key={error}>{error}</Notice>)}</>;
}

/** Why something has not arrived yet, in its place; nothing without a reason. */
export function Waiting({ reason }: { reason: string }) {
  return reason ? (
    <p class="oto-progress" role="status">
      {reason}…
    </p>
  ) : null;
}

/** A command to copy. */
export function Command({ text }: { text: string }) {
  return (
    <span class="oto-command">
      <code>{text}</code>
      <button type="button" onClick={() => void navigator.clipboard?.writeText(text)} aria-label={`Copy ${text}`}>
        copy
      </button>
    </span>
  );
}

export function Notice({ children }: { children: preact.ComponentChildren }) {
  return (
    <p class="oto-notice" role="status">
      {children}
    </p>
  );
}
