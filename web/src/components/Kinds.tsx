// The three kinds of heads as pictures, with a line each.
import { theme } from "../store/theme";

type Kind = [
  name: "global" | "vertical" | "diagonal",
  meaning: string,
  attends: (query: number, key: number) => boolean,
];

const SIDE = 10; // cells
const CELLS = Array.from({ length: SIDE ** 2 }, (_, cell) => [Math.floor(cell / SIDE), cell % SIDE] as const);
const KINDS: Kind[] = [
  ["global", "attends to everything at once", () => true],
  ["vertical", "attends to the same few moments, wherever it is", (_, key) => key === 3 || key === 7],
  ["diagonal", "attends to its own surroundings", (query, key) => key === query || key === query + 1],
];

export function Kinds() {
  return (
    <ul class="oto-kinds">
      {KINDS.map(([name, meaning, attends]) => (
        <li key={name}>
          <svg viewBox={`0 0 ${SIDE} ${SIDE}`} width="44" height="44" aria-hidden="true">
            {CELLS.filter(([query, key]) => attends(query, key)).map(([query, key]) => (
              <rect
                key={`${query} ${key}`}
                x={key}
                y={query}
                width="1"
                height="1"
                fill={theme.value.categories[name]}
                fill-opacity={name === "global" ? 0.35 : 1}
              />
            ))}
          </svg>
          <span>
            <b class={`oto-badge oto-${name}`}>{name}</b> {meaning}
          </span>
        </li>
      ))}
    </ul>
  );
}
