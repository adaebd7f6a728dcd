// The page: a bar with the rooms and the utterance, and the room that is open.
import { useMemo } from "preact/hooks";
import { followOverview } from "./core/overview";
import { theme } from "./core/theme";
import { ROOMS, useViewer, type Room } from "./core/viewer";
import { Atlas } from "./rooms/Atlas";
import { Compare } from "./rooms/Compare";
import { Head } from "./rooms/Head";
import { Heads } from "./rooms/Heads";
import { Importance } from "./rooms/Importance";
import { Relations } from "./rooms/Relations";

export function App() {
  const viewer = useViewer();
  const overview = useMemo(() => followOverview(viewer), [viewer]);
  const { room } = viewer.state;
  const rooms = {
    atlas: () => <Atlas overview={overview} />,
    head: () => <Head overview={overview} />,
    heads: () => <Heads />,
    relations: () => <Relations overview={overview} />,
    importance: () => <Importance overview={overview} />,
    compare: () => <Compare overview={overview} />,
  };
  return (
    <div class="otoscope" data-theme={theme.value.name}>
      <header>
        <h1>
          <Mark /> otoscope
        </h1>
        <nav aria-label="Rooms">
          {ROOMS.map((name) => (
            <RoomTab key={name} name={name} />
          ))}
        </nav>
        <span class="spring" />
        <Utterances />
        <span class="about" title={`${viewer.run.model} on ${viewer.run.corpus}`}>
          {viewer.run.name}
          {viewer.run.synthetic && " · synthetic speech"}
        </span>
      </header>
      <main>{rooms[room.value]()}</main>
      {viewer.asking.waiting.value && (
        <p class="waiting" role="status">
          {viewer.asking.waiting.value}…
        </p>
      )}
    </div>
  );
}

function RoomTab({ name }: { name: Room }) {
  const { room } = useViewer().state;
  return (
    <button type="button" aria-current={room.value === name ? "page" : undefined} onClick={() => (room.value = name)}>
      {name}
    </button>
  );
}

function Utterances() {
  const viewer = useViewer();
  const { run, state } = viewer;
  return (
    <label class="select utterance">
      <span>Utterance</span>
      <select value={state.utterance.value} onChange={(event) => viewer.listen(Number(event.currentTarget.value))}>
        {run.utterances.map(({ id, duration, stored }, place) => (
          <option key={id} value={place} disabled={!stored && run.modelless !== ""}>
            {id} ({duration.toFixed(1)} s)
          </option>
        ))}
      </select>
    </label>
  );
}

function Mark() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round">
        <circle cx="10" cy="10" r="8" opacity=".35" />
        <path d="M6 13.5 13.5 6M10 14l4-4M6 10l4-4" />
      </g>
    </svg>
  );
}
