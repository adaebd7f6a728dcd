// Boundaries between phones over maps and spectrograms: labelled ones as whole lines, those that the head predicts dashed.
import type { Hearing } from "../core/hearing";
import type { Pen } from "../core/pen";
import { shareOf as placeOf } from "../core/range";
import { theme } from "../core/theme";

const DASH = [5, 3];
const APART = 10; // pixels between lines below which they fade

interface Look {
  colour: string;
  dash: number[];
}

const looks = (): Record<string, Look> => ({
  labelled: { colour: theme.value.ink, dash: [] },
  predicted: { colour: theme.value.below, dash: DASH },
});

/** Lines at the boundaries that are shown, across a picture along whose width (keys) or height (queries) time runs. */
export function boundaryLines(pen: Pen, hearing: Hearing, along: "keys" | "queries", width: number, height: number): void {
  const shown = hearing.secondsShown(along);
  const length = along === "keys" ? width : height;
  for (const [name, { colour, dash }] of Object.entries(looks())) {
    const places = hearing.boundaries(name).map((time) => placeOf(shown, time) * length).filter((place) => place >= 0 && place <= length);
    pen.strokeStyle = colour;
    pen.lineWidth = dash.length ? 1.5 : 1;
    pen.globalAlpha = Math.min(dash.length ? 1 : 0.5, length / (places.length + 1) / APART);
    pen.setLineDash(dash);
    pen.beginPath();
    for (const place of places) {
      if (along === "keys") pen.moveTo(place, 0), pen.lineTo(place, height);
      else pen.moveTo(0, place), pen.lineTo(width, place);
    }
    pen.stroke();
  }
  pen.setLineDash([]);
  pen.globalAlpha = 1;
}

/** Which boundaries are shown, each with its line. */
export function BoundaryMarks({ hearing }: { hearing: Hearing }) {
  const { marks } = hearing.viewer.state;
  const toggle = (name: string) => (marks.value = marks.value.includes(name) ? marks.value.filter((one) => one !== name) : [...marks.value, name]);
  return (
    <div class="marks" role="group" aria-label="Phone boundaries">
      {Object.entries(looks()).map(([name, { colour, dash }]) => {
        const missing = hearing.lacks(name);
        return (
          <button
            type="button"
            key={name}
            aria-pressed={marks.value.includes(name)}
            disabled={missing !== ""}
            title={missing || `${name} phone boundaries on the map and the spectrogram`}
            onClick={() => toggle(name)}
          >
            <svg width="20" height="6" aria-hidden="true">
              <line x1="0" y1="3" x2="20" y2="3" stroke={colour} stroke-width="2" stroke-dasharray={dash.join(" ") || undefined} />
            </svg>
            {name}
          </button>
        );
      })}
    </div>
  );
}
