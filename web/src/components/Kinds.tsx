// The three kinds of heads as pictures, with a line each.
import { theme } from "../store/theme";

const KINDS = [
  ["global", "attends to everything at once", Array.from({ length: 100 }, (_, cell) => cell)],
  [
    "vertical",
    "attends to the same few moments, wherever it is",
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 0].flatMap((row) => [10 * row + 3, 10 * row + 7]),
  ],
  [
    "diagonal",
    "attends to its own surroundings",
    Array.from({ length: 10 }, (_, row) => 11 * row)
      .flatMap((at) => [at, at + 1])
      .filter((at) => at < 100),
  ],
] as const;

export function Kinds() {
  return (
    <ul class="oto-kinds">
      {KINDS.map(([name, meaning, cells]) => (
        <li key={name}>
          <svg viewBox="0 0 10 10" width="44" height="44" aria-hidden="true">
            {cells.map((cell) => (
              <rect
                key={cell}
                x={cell % 10}
                y={Math.floor(cell / 10)}
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
