// A button that opens a panel below it; Escape and leaving it close the panel.
import type { ComponentChildren } from "preact";

interface Props {
  name: string;
  /** The name for screen readers where the visible one is not enough. */
  label?: string;
  /** The edge of the button at which the panel begins. */
  edge?: "left" | "right";
  children: ComponentChildren;
}

export function Menu({ name, label = name, edge = "left", children }: Props) {
  return (
    <details class={`oto-menu oto-${edge}`} onKeyDown={closeOnEscape} onFocusOut={closeOutside}>
      <summary aria-label={label}>{name}</summary>
      <div>{children}</div>
    </details>
  );
}

type Inside<E extends Event> = E & { currentTarget: HTMLDetailsElement };

function closeOnEscape(event: Inside<KeyboardEvent>): void {
  if (event.key !== "Escape" || !event.currentTarget.open) return;
  event.currentTarget.open = false;
  event.currentTarget.querySelector("summary")!.focus();
}

function closeOutside(event: Inside<FocusEvent>): void {
  const menu = event.currentTarget;
  if (event.relatedTarget && !menu.contains(event.relatedTarget as Node)) menu.open = false;
}
