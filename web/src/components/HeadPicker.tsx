// Thumbnails of all heads, to select one in any view.
import type { Signal } from "@preact/signals";
import { headId } from "../core/heads";
import type { Thumbnails } from "../store/thumbnails";
import { LETTERS } from "../store/theme";
import { useStore } from "../store/viewerStore";
import { byLayer, neighbour } from "../core/grid";
import { Thumbnail } from "./Thumbnail";

interface Props {
  thumbnails: Signal<Thumbnails>;
  /** Heads that are switched off, or gated; by default, a click selects a head. */
  chosen?: Set<string>;
  /** How chosen heads are marked and named. */
  mark?: "off" | "gated";
  onPick?: (name: string) => void;
}

export function HeadPicker({ thumbnails, chosen, mark = "off", onPick }: Props) {
  const store = useStore();
  const { heads } = store.run;
  const across = Math.max(...heads.map(({ head }) => head)) + 1;
  const moveFocus = (event: KeyboardEvent, at: number) => {
    const next = neighbour(event.key, at, byLayer(heads));
    if (next === at) return;
    event.preventDefault();
    store.selectHead(heads[next]);
    (event.currentTarget as HTMLElement).parentElement!.querySelectorAll("button")[next].focus();
  };
  return (
    <nav class="oto-picker" aria-label="Heads" style={{ "--across": across }}>
      {heads.map((head, at) => {
        const name = headId(head);
        const isChosen = chosen?.has(name) ?? false;
        const pressed = chosen ? isChosen : store.selectedHead.value === head;
        return (
          <button
            type="button"
            key={name}
            style={{ gridRow: head.layer + 1, gridColumn: head.head + 1 }}
            class={`oto-cell oto-${head.category}${isChosen ? ` oto-${mark}` : ""}`}
            tabIndex={store.selectedHead.value === head ? 0 : -1}
            aria-pressed={pressed}
            aria-label={`Layer ${head.layer} head ${head.head}, ${head.category}${isChosen ? `, ${mark}` : ""}`}
            title={`${name} ${LETTERS[head.category]}`}
            onClick={() => (onPick ? onPick(name) : store.selectHead(head))}
            onKeyDown={(event) => moveFocus(event, at)}
          >
            <Thumbnail image={thumbnails.value.images[name]} category={head.category} frames={store.frames.value} />
          </button>
        );
      })}
    </nav>
  );
}
