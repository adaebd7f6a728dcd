// Keys and terms, behind the button with the question mark and the key "?".
import { useEffect, useRef } from "preact/hooks";
import { TERMS } from "../core/glossary";
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

export function Help() {
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
        class="oto-help-button"
        aria-label="Help: keys and terms"
        title="Keys and terms (?)"
        onClick={() => dialog.current?.showModal()}
      >
        ?
      </button>
      <dialog ref={dialog} class="oto-help" aria-label="Help" onClick={(event) => closeOutside(event)}>
        <form method="dialog">
          <button aria-label="Close the help">×</button>
        </form>
        <h2>Three kinds of heads</h2>
        <Kinds />
        <h2>Keys</h2>
        <dl>
          {KEYS.map(([keys, action]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{action}</dd>
            </div>
          ))}
        </dl>
        <h2>Terms</h2>
        <dl>
          {TERMS.map(([term, meaning]) => (
            <div key={term}>
              <dt>{term}</dt>
              <dd>{meaning}</dd>
            </div>
          ))}
        </dl>
      </dialog>
    </>
  );
}

/** A click on the backdrop closes the dialog. */
function closeOutside(event: MouseEvent): void {
  if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
}
