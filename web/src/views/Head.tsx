// One head on one utterance: its map below the waveform and the labels.
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { UtterancePlayer } from "../store/player";
import { isolated, visible } from "../core/plainText";
import type { Thumbnails } from "../store/thumbnails";
import { useStore } from "../store/viewerStore";
import { BoundaryMarks } from "../components/BoundaryMarks";
import { RadioGroup, Notices, Waiting } from "../components/controls";
import { HeadPicker } from "../components/HeadPicker";
import { HeatMap } from "../components/HeatMap";
import { ExportElementMenu } from "../components/ExportMenu";
import { ListeningMenu } from "../components/ListeningMenu";
import { Legend } from "../components/Legend";
import { Clock, AttentionCurve, Labels, AttentionShading, PlayedParts, Spectrogram } from "../components/Tracks";
import { HeadDetails, Phones } from "../components/HeadDetails";

export function Head({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const player = useMemo(() => new UtterancePlayer(store), [store]);
  const wave = useRef<HTMLDivElement>(null);
  useEffect(() => player.attach(wave.current!), [player]);
  const problems = [
    player.error.value,
    player.map.value.error.value,
    player.boundaries.error.value,
    thumbnails.value.error,
  ];
  const tiers = useRef<("words" | "phones")[]>([]); // until labels arrive, the tracks of the previous utterance keep their size
  if (player.labels.ready.value)
    tiers.current = (["words", "phones"] as const).filter((tier) => player.labels.detail.value[tier].length);
  return (
    <section class="oto-head-view" aria-label="Head">
      <div class="oto-column">
        <HeadPicker thumbnails={thumbnails} />
        <Legend scale={store.state.scale.value} categories={[store.selectedHead.value.category]} />
      </div>
      <div class="oto-stage">
        <Transport player={player} />
        <p class="oto-hint oto-query" aria-live="polite">
          {describe(player)}
        </p>
        <Notices of={problems} />
        <Waiting reason={store.client.waitingFor(`${store.runIndex}/utterance/`)} />
        <div class="oto-stack">
          <div class="oto-corner">
            <span>sound</span>
            <span>attention</span>
            <span>spectrogram</span>
            {tiers.current.map((tier) => (
              <span key={tier}>{tier}</span>
            ))}
          </div>
          <div class="oto-across">
            <div class="oto-wave">
              <div ref={wave} class={player.audio.ready.value ? "oto-wave-in" : "oto-wave-in oto-not-ready"} />
              <AttentionShading player={player} />
              <PlayedParts player={player} />
            </div>
            <AttentionCurve player={player} />
            <Spectrogram player={player} />
            {tiers.current.map((tier) => (
              <Labels key={tier} player={player} tier={tier} along="keys" />
            ))}
            <Clock player={player} />
          </div>
          <div class="oto-down">
            <span class="oto-axis-title">query: the moment that attends ↓</span>
            {tiers.current.map((tier) => (
              <Labels key={tier} player={player} tier={tier} along="queries" />
            ))}
          </div>
          <HeatMap player={player} />
          <span class="oto-axis-title oto-axis-keys">key: the moment that it attends to →</span>
          <BoundaryMarks player={player} />
        </div>
      </div>
      <HeadDetails>
        <Phones player={player} />
      </HeadDetails>
    </section>
  );
}

function Transport({ player }: { player: UtterancePlayer }) {
  const { store } = player;
  const { scale, query, phone } = store.state;
  const hasQuery = player.queriesShown.value.length > 0;
  return (
    <div class="oto-toolbar">
      <button
        type="button"
        class="oto-primary"
        onClick={() => player.toggle()}
        aria-label={player.playing.value ? "Pause" : "Play"}
      >
        {player.playing.value ? "❚❚" : "▶"}
      </button>
      <button type="button" disabled={!hasQuery} onClick={() => void player.playAttended()} title="Enter, on the map">
        play what it attends to
      </button>
      <ListeningMenu player={player} />
      <span class="oto-spring" />
      {(query.value !== null || phone.value) && (
        <button type="button" class="oto-plain" onClick={() => ((query.value = null), (phone.value = ""))}>
          clear
        </button>
      )}
      {store.state.keys.value && (
        <button
          type="button"
          class="oto-plain"
          title="Show the whole utterance"
          onClick={() => store.setRange(null, null)}
        >
          fit
        </button>
      )}
      <SaveMap player={player} />
      <RadioGroup label="Colour scale" value={scale} options={["log", "linear", ["row", "by row"]]} />
    </div>
  );
}

function describe(player: UtterancePlayer): string {
  const query = player.query.value;
  const { phone } = player.store.state;
  if (query !== null) {
    const name = player.labels.phoneAt(query)?.folded;
    return `query at ${player.labels.secondsOf(query + 0.5).toFixed(2)} s${name ? `, ${isolated(name)}` : ""}`;
  }
  return phone.value ? `all queries in ${phone.value}` : "point at the map to see a query, click to play";
}

/** Save the map with its tracks as one picture, and the attention of the query as numbers. */
function SaveMap({ player }: { player: UtterancePlayer }) {
  const { store } = player;
  const attention = () =>
    [...(player.attention.value ?? [])].map((weight, key) => ({
      key,
      seconds: player.labels.secondsOf(key),
      attention: weight,
    }));
  const { layer, head, category } = store.selectedHead.value;
  const about = {
    title: `Attention of layer ${layer}, head ${head} (${category}) on ${visible(store.utterance.value.id)}`,
    axes: "across: key, the moment that is attended to; downward: query, the moment that attends",
    colours: { scale: store.state.scale.value, categories: [category] },
  };
  return <ExportElementMenu about={about} within=".oto-stack" table={attention} />;
}
