// Keys and terms, behind the button with the question mark and the key "?".
import { useEffect, useRef } from "preact/hooks";
import type { ComponentChildren } from "preact";
import { TERMS } from "../core/glossary";
import { columnLabel } from "../core/heads";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Dialog } from "./Dialog";
import { Kinds } from "./Kinds";

const KEYS: [keys: string, action: string][] = [
  ["arrow keys", "on the heads: move; on the map: move the query, and pan"],
  ["Enter", "on a head: open it; on the map: play what the query attends to"],
  ["space", "on the map: play and pause"],
  ["+ and −", "on the map: zoom; the wheel and two fingers zoom, too"],
  ["0", "on the map: show the whole utterance"],
  ["Shift", "with an arrow key: ten frames; with the wheel: pan"],
  ["?", "show this help"],
];

export function Help({ views }: { views: Record<string, string> }) {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      const typing = (event.target as HTMLElement).closest?.("input, select, textarea");
      if (event.key === "?" && !typing) dialog.current?.showModal();
    };
    addEventListener("keydown", open);
    return () => removeEventListener("keydown", open);
  }, []);
  return (
    <>
      <button
        type="button"
        class="oto-round"
        aria-label="Help: keys and terms"
        title="Keys and terms (?)"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <Dialog dialog={dialog} name="Help">
        <h2>Three kinds of heads</h2>
        <Kinds />
        <p>A category is a rank among the heads of the model; the shape of a head is what it looks like by itself.</p>
        <h2>Views</h2>
        <Entries of={Object.entries(views)} />
        <h2>Keys</h2>
        <Entries of={KEYS.map(([keys, action]) => [<kbd>{keys}</kbd>, action])} />
        <h2>Terms</h2>
        <Entries of={TERMS} />
        <h2>Values of a head in this run</h2>
        <Entries of={valuesOf(store)} />
      </Dialog>
    </>
  );
}

function Entries({ of }: { of: [term: ComponentChildren, meaning: string][] }) {
  return (
    <dl>
      {of.map(([term, meaning], index) => (
        <div key={index}>
          <dt>{term}</dt>
          <dd>{meaning}</dd>
        </div>
      ))}
    </dl>
  );
}

/** Names and meanings of the values of a head. */
function valuesOf({ run }: ViewerStore): [string, string][] {
  return run.variables
    .filter(({ dims, doc }) => dims.join() === "layer,head" && doc)
    .map(({ name, doc }) => [columnLabel(name), doc]);
}
