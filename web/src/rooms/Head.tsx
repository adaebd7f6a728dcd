// One head on one utterance: its map under the sound it listens to.
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Hearing } from "../core/hearing";
import { nameOf } from "../core/heads";
import type { Overview } from "../core/overview";
import { useViewer } from "../core/viewer";
import { BoundaryMarks } from "../parts/Boundaries";
import { Choice, Notices } from "../parts/controls";
import { HeadPicker } from "../parts/HeadPicker";
import { HeatMap } from "../parts/HeatMap";
import { TakePixels } from "../parts/TakeAway";
import { Clock, Curve, Labels, Shading, Spectrogram } from "../parts/strips";
import { HeadFacts, Phones } from "./HeadFacts";

export function Head({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const hearing = useMemo(() => new Hearing(viewer), [viewer]);
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => hearing.attach(wave.current!), [hearing]);
  const problems = [hearing.problem.value, hearing.map.value.failed.value, hearing.unpredicted.value, overview.value.problem];
  const tiers = useRef<("words" | "phones")[]>([]); // until labels arrive, the room that was theirs
  if (hearing.known.value) tiers.current = (["words", "phones"] as const).filter((tier) => hearing.detail.value[tier].length);
  return (
    <section class="head-room" aria-label="Head">
      <HeadPicker overview={overview} />
      <div class="stage">
        <Transport hearing={hearing} />
        <Notices of={problems} />
        <div class="stack">
          <div class="corner">
            <span>sound</span>
            <span>attention</span>
            <BoundaryMarks hearing={hearing} />
            {tiers.current.map((tier) => (
              <span key={tier}>{tier}</span>
            ))}
          </div>
          <div class="across">
            <div class="wave">
              <div ref={wave} class={hearing.heard.value ? "wave-in" : "wave-in unheard"} />
              <Shading hearing={hearing} />
            </div>
            <Curve hearing={hearing} />
            <Spectrogram hearing={hearing} />
            {tiers.current.map((tier) => (
              <Labels key={tier} hearing={hearing} tier={tier} along="keys" />
            ))}
            <Clock hearing={hearing} />
          </div>
          <div class="down">
            {tiers.current.map((tier) => (
              <Labels key={tier} hearing={hearing} tier={tier} along="queries" />
            ))}
          </div>
          <HeatMap hearing={hearing} />
        </div>
      </div>
      <HeadFacts>
        <Phones hearing={hearing} />
      </HeadFacts>
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
          clear
        </button>
      )}
      {viewer.state.keys.value && (
        <button type="button" class="plain" title="Show the whole utterance" onClick={() => viewer.look(null, null)}>
          fit
        </button>
      )}
      <SaveMap hearing={hearing} />
      <Choice label="Colour scale" value={scale} options={["log", "linear", ["row", "by row"]]} />
    </div>
  );
}

function describe(hearing: Hearing): string {
  const query = hearing.query.value;
  const { phone } = hearing.viewer.state;
  if (query !== null) {
    const name = hearing.phoneAt(query)?.label;
    return `query at ${hearing.secondsOf(query + 0.5).toFixed(2)} s${name ? `, ${name}` : ""}`;
  }
  return phone.value ? `all queries in ${phone.value}` : "point at the map to see a query, click to hear";
}

/** The map with its strips as one picture, and the query's attention as numbers. */
function SaveMap({ hearing }: { hearing: Hearing }) {
  const { viewer } = hearing;
  const attention = () =>
    [...(hearing.attention.value ?? [])].map((weight, key) => ({ key, seconds: hearing.secondsOf(key), attention: weight }));
  const name = `${viewer.utterance.value.id} ${nameOf(viewer.chosenHead.value)}`;
  return <TakePixels name={name} within=".stack" table={attention} />;
}
