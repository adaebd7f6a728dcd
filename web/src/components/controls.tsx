// Inputs and messages that several views share.
import { useSignal, type Signal } from "@preact/signals";
import { columnLabel } from "../core/heads";

const STEPS: Record<string, number> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
const COPIED_MS = 1500; // for which a button says that its text is copied

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

/** Buttons of which one is chosen; arrow keys choose the next, as in every radio group. */
export function RadioGroup<T extends string>({ label, value, options }: SelectProps<T>) {
  const choices = options.map((option) => (typeof option === "string" ? ([option, option] as const) : option));
  const chosen = choices.findIndex(([key]) => key === value.value);
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLElement }) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = (Math.max(0, chosen) + step + choices.length) % choices.length;
    value.value = choices[next][0] as T;
    event.currentTarget.querySelectorAll("button")[next].focus();
  };
  return (
    <div class="oto-choice" role="radiogroup" aria-label={label} onKeyDown={onKeyDown}>
      {choices.map(([key, name], index) => (
        <button
          key={key}
          type="button"
          role="radio"
          aria-checked={index === chosen}
          tabIndex={index === Math.max(0, chosen) ? 0 : -1}
          onClick={() => (value.value = key as T)}
        >
          {name}
        </button>
      ))}
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
      <CopyButton text={text} name="copy" label={`Copy ${text}`} />
    </span>
  );
}

interface CopyProps {
  text: string;
  name: string;
  label?: string;
}

/** A button that copies a text, and then says so. */
export function CopyButton({ text, name, label = name }: CopyProps) {
  const isCopied = useSignal(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    isCopied.value = true;
    setTimeout(() => (isCopied.value = false), COPIED_MS);
  };
  return (
    <button type="button" class="oto-copy" aria-label={label} onClick={() => void copy()}>
      {isCopied.value ? "copied" : name}
    </button>
  );
}

export function Notice({ children }: { children: preact.ComponentChildren }) {
  return (
    <p class="oto-notice" role="status">
      {children}
    </p>
  );
}
