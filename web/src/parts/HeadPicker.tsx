// Every head, small, to choose one from any room.
import type { Signal } from "@preact/signals";
import { nameOf } from "../core/heads";
import type { Overview } from "../core/overview";
import { LETTERS } from "../core/theme";
import { useViewer } from "../core/viewer";
import { byLayer, neighbour } from "./grid";
import { Thumb } from "./Thumb";

interface Props {
  overview: Signal<Overview>;
  /** Heads that are switched off, and what a click does where it is not to choose. */
  off?: Set<string>;
  onPick?: (name: string) => void;
}

export function HeadPicker({ overview, off, onPick }: Props) {
  const viewer = useViewer();
  const { heads } = viewer.run;
  const across = Math.max(...heads.map(({ head }) => head)) + 1;
  const walk = (event: KeyboardEvent, at: number) => {
    const next = neighbour(event.key, at, byLayer(heads));
    if (next === at) return;
    event.preventDefault();
    viewer.choose(heads[next]);
    (event.currentTarget as HTMLElement).parentElement!.querySelectorAll("button")[next].focus();
  };
  return (
    <nav class="picker" aria-label="Heads" style={{ "--across": across }}>
      {heads.map((head, at) => {
        const name = nameOf(head);
        const isOff = off?.has(name) ?? false;
        const pressed = off ? isOff : viewer.chosenHead.value === head;
        return (
          <button
            type="button"
            key={name}
            style={{ gridRow: head.layer + 1, gridColumn: head.head + 1 }}
            class={`cell ${head.category}${isOff ? " off" : ""}`}
            tabIndex={viewer.chosenHead.value === head ? 0 : -1}
            aria-pressed={pressed}
            aria-label={`Layer ${head.layer} head ${head.head}, ${head.category}${isOff ? ", off" : ""}`}
            title={`${name} ${LETTERS[head.category]}`}
            onClick={() => (onPick ? onPick(name) : viewer.choose(head))}
            onKeyDown={(event) => walk(event, at)}
          >
            <Thumb small={overview.value.thumbs[name]} category={head.category} frames={viewer.frames.value} />
          </button>
        );
      })}
    </nav>
  );
}
