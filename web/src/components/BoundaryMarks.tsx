// Phone boundaries on maps and spectrograms: solid lines for labels, dashed lines for predictions. A prediction of low
// confidence is faint.
import type { UtterancePlayer } from "../store/player";
import type { DrawContext } from "../core/drawing";
import type { BoundaryKind } from "../store/boundaries";
import { shareOf as positionOf } from "../core/range";
import { theme } from "../store/theme";

const DASH = [5, 3];
const LEAST_ALPHA = 0.25; // of a boundary without confidence
const MIN_DISTANCE_PX = 10; // between lines; closer ones fade

interface Look {
  colour: string;
  dash: number[];
}

const looks = (): Record<BoundaryKind, Look> => ({
  labelled: { colour: theme.value.ink, dash: [] },
  predicted: { colour: theme.value.below, dash: DASH },
  MFCC: { colour: theme.value.categories.vertical, dash: [2, 2] },
  "sum of heads": { colour: theme.value.categories.global, dash: [8, 2] },
});

/** Draw the visible boundaries; time runs along the width (keys) or the height (queries). */
export function boundaryLines(
  context: DrawContext,
  player: UtterancePlayer,
  along: "keys" | "queries",
  width: number,
  height: number,
): void {
  const range = player.labels.visibleSeconds(along);
  const length = along === "keys" ? width : height;
  for (const [name, { colour, dash }] of Object.entries(looks()) as [BoundaryKind, Look][]) {
    const lines = player.boundaries
      .visible(name)
      .map(({ time, share }) => ({ place: positionOf(range, time) * length, share }))
      .filter(({ place }) => place >= 0 && place <= length);
    const largest = Math.min(dash.length ? 1 : 0.5, length / (lines.length + 1) / MIN_DISTANCE_PX);
    context.strokeStyle = colour;
    context.lineWidth = dash.length ? 1.5 : 1;
    context.setLineDash(dash);
    for (const { place, share } of lines) {
      const [fromX, fromY, toX, toY] = along === "keys" ? [place, 0, place, height] : [0, place, width, place];
      context.globalAlpha = largest * (LEAST_ALPHA + (1 - LEAST_ALPHA) * share);
      context.beginPath();
      context.moveTo(fromX, fromY);
      context.lineTo(toX, toY);
      context.stroke();
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 1;
}

/** Buttons that show and hide boundaries, each with a sample of its line. */
export function BoundaryMarks({ player }: { player: UtterancePlayer }) {
  const { marks } = player.store.state;
  const toggle = (name: string) =>
    (marks.value = marks.value.includes(name) ? marks.value.filter((mark) => mark !== name) : [...marks.value, name]);
  return (
    <div class="oto-marks" role="group" aria-label="Phone boundaries">
      <span>phone boundaries:</span>
      {(Object.entries(looks()) as [BoundaryKind, Look][]).map(([name, { colour, dash }]) => {
        const missingReason = player.boundaries.missingReason(name);
        return (
          <button
            type="button"
            key={name}
            aria-pressed={marks.value.includes(name)}
            disabled={missingReason !== ""}
            title={missingReason || `${name} phone boundaries on the map and the spectrogram`}
            onClick={() => toggle(name)}
          >
            <svg width="20" height="6" aria-hidden="true">
              <line
                x1="0"
                y1="3"
                x2="20"
                y2="3"
                stroke={colour}
                stroke-width="2"
                stroke-dasharray={dash.join(" ") || undefined}
              />
            </svg>
            {name}
          </button>
        );
      })}
    </div>
  );
}
