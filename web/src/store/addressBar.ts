// The address bar: it contains the state of the page, and "back" returns to the previous view.
import { effect, untracked } from "@preact/signals";
import { FIELDS } from "./urlFields";
import type { ViewerStore } from "./viewerStore";

const WRITE_MS = 150; // between two writes; browsers refuse more frequent ones

export function followAddress(store: ViewerStore): void {
  store.parse(location.hash.slice(1));
  let last = -Infinity;
  let timer = 0;
  let view = store.state.view.peek();
  const write = () => {
    last = performance.now();
    history.replaceState(null, "", `#${store.serialize()}`);
  };
  effect(() => {
    void store.serialize();
    clearTimeout(timer);
    timer = window.setTimeout(write, Math.max(0, last + WRITE_MS - performance.now()));
  });
  effect(() => {
    const opened = store.state.view.value;
    if (opened === view) return;
    view = opened;
    untracked(() => history.pushState(null, "", `#${store.serialize()}`));
  });
  addEventListener("pagehide", write);
  addEventListener("hashchange", ({ newURL }) => {
    const address = new URL(newURL).hash.slice(1); // `location` may already contain the page's own state again
    view = new URLSearchParams(address).get("view") ?? FIELDS.view.initial; // the history already has an entry for it
    store.parse(address);
  });
}
