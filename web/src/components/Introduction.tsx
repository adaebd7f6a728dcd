// What the page shows, for the first visit; the user dismisses it for good.
import { signal } from "@preact/signals";
import { recall, remember } from "../store/storage";
import { Kinds } from "./Kinds";

const SEEN = "otoscope-introduction";
const isOpen = signal(recall(SEEN) === null);

export function Introduction() {
  if (!isOpen.value) return null;
  return (
    <section class="oto-introduction" aria-label="Introduction">
      <p>
        Each picture is one attention head. A row is a moment of the speech that attends (query), a column is a moment
        that it attends to (key); stronger colour is more attention.
      </p>
      <Kinds />
      <p>
        Colour is the category: in which of the three a head ranks best among the heads of this model. Every model has
        all three, so that a head may look like another; its shape says what it is by itself.
      </p>
      <button type="button" onClick={dismiss}>
        Got it
      </button>
    </section>
  );
}

function dismiss(): void {
  isOpen.value = false;
  remember(SEEN, "dismissed");
}
