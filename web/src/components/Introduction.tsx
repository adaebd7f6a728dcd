// What the page shows, for the first visit; the user dismisses it for good.
import { signal } from "@preact/signals";
import { Kinds } from "./Kinds";

const SEEN = "otoscope-introduction";
const isOpen = signal(!wasDismissed());

export function Introduction() {
  if (!isOpen.value) return null;
  return (
    <section class="oto-introduction" aria-label="Introduction">
      <p>
        Each picture is one attention head. A row is a moment of the speech that attends (query), a column is a moment
        that it attends to (key); stronger colour is more attention.
      </p>
      <Kinds />
      <button type="button" onClick={dismiss}>
        Got it
      </button>
    </section>
  );
}

function dismiss(): void {
  isOpen.value = false;
  try {
    localStorage.setItem(SEEN, "dismissed");
  } catch {
    // the browser allows no storage: the introduction comes again next time
  }
}

function wasDismissed(): boolean {
  try {
    return localStorage.getItem(SEEN) !== null;
  } catch {
    return false;
  }
}
