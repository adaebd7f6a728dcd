// A dialog above the page; Escape, its button and a click outside close it.
import type { ComponentChildren, RefObject } from "preact";

interface Props {
  dialog: RefObject<HTMLDialogElement | null>;
  name: string;
  onClose?: () => void;
  children: ComponentChildren;
}

export function Dialog({ dialog, name, onClose, children }: Props) {
  return (
    <dialog ref={dialog} class="oto-dialog" aria-label={name} onClose={onClose} onClick={closeOutside}>
      <form method="dialog">
        <button aria-label={`Close: ${name}`}>×</button>
      </form>
      {children}
    </dialog>
  );
}

/** A click on the backdrop has the dialog itself as its target. */
function closeOutside(event: MouseEvent): void {
  if (event.target === event.currentTarget) (event.currentTarget as HTMLDialogElement).close();
}
