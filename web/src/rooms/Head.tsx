// One head on one utterance: its map under the sound it listens to.
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Hearing } from "../core/hearing";
import { nameOf } from "../core/heads";
import type { Overview } from "../core/overview";
import { LETTERS } from "../core/theme";
import { useViewer } from "../core/viewer";
import { Choice, Notice } from "../parts/controls";
import { HeatMap } from "../parts/HeatMap";
import { Curve, Labels, Shading, Spectrogram } from "../parts/strips";
import { Thumb } from "../parts/Thumb";
import { HeadFacts } from "./HeadFacts";

export function Head({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const hearing = useMemo(() => new Hearing(viewer), [viewer]);
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => hearing.attach(wave.current!), [hearing]);
  const problems = [hearing.problem.value, hearing.map.value.failed.value].filter(Boolean);
  return (
    <section class="head-room" aria-label="Head">
      <Picker overview={overview} />
      <div class="stage">
        <Transport hearing={hearing} />
        {problems.map((problem) => (
          <Notice key={problem}>{problem}</Notice>
        ))}
        <div class="stack">
          <div class="corner" />
          <div class="across">
            <div class="wave">
              <div ref={wave} class="wave-in" />
              <Shading hearing={hearing} />
            </div>
            <Curve hearing={hearing} />
            <Spectrogram hearing={hearing} />
            <Labels hearing={hearing} tier="words" along="keys" />
            <Labels hearing={hearing} tier="phones" along="keys" />
          </div>
          <div class="down">
            <Labels hearing={hearing} tier="words" along="queries" />
            <Labels hearing={hearing} tier="phones" along="queries" />
          </div>
          <HeatMap hearing={hearing} />
        </div>
      </div>
      <HeadFacts hearing={hearing} />
    </section>
  );
}

function Transport({ hearing }: { hearing: Hearing }) {
  const { viewer } = hearing;
  const { scale, query, phone } = viewer.state;
  const asked = hearing.queriesShown.value.length > 0;
  return (
    <div class="toolbar">
      <button type="button" class="primary" onClick={() => hearing.toggle()} aria-label={hearing.playing.value ? "Pause" : "Play"}>
        {hearing.playing.value ? "❚❚" : "▶"}
      </button>
      <button type="button" disabled={!asked} onClick={() => void hearing.playAttended()} title="Enter, on the map">
        play what it attends to
      </button>
      <span class="hint" aria-live="polite">
        {describe(hearing)}
      </span>
      <span class="spring" />
      {(query.value !== null || phone.value) && (
        <button type="button" class="plain" onClick={() => ((query.value = null), (phone.value = ""))}>
          clear query
        </button>
      )}
      {viewer.state.keys.value && (
        <button type="button" class="plain" onClick={() => viewer.look(null, null)}>
          whole utterance
        </button>
      )}
      <Choice label="Colour scale" value={scale} options={["log", "linear", ["row", "by row"]]} />
    </div>
  );
}

function describe(hearing: Hearing): string {
  const query = hearing.query.value;
  const { phone } = hearing.viewer.state;
  if (query !== null) {
    const name = hearing.phoneAt(query)?.label;
    return `query at ${((query + 0.5) * hearing.period).toFixed(2)} s${name ? `, in ${name}` : ""}`;
  }
  return phone.value ? `all queries in ${phone.value}` : "point at the map to see a query, click to hear";
}

function Picker({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const across = Math.max(...viewer.run.heads.map(({ head }) => head)) + 1;
  return (
    <nav class="picker" aria-label="Heads" style={{ "--across": across }}>
      {viewer.run.heads.map((head) => (
        <button
          type="button"
          key={nameOf(head)}
          style={{ gridRow: head.layer + 1, gridColumn: head.head + 1 }}
          class={`cell ${head.category}`}
          aria-pressed={viewer.chosenHead.value === head}
          aria-label={`Layer ${head.layer} head ${head.head}, ${head.category}`}
          title={`${nameOf(head)} ${LETTERS[head.category]}`}
          onClick={() => viewer.choose(head)}
        >
          <Thumb small={overview.value.thumbs[nameOf(head)]} category={head.category} frames={viewer.frames.value} />
        </button>
      ))}
    </nav>
  );
}
