// The utterance in the bar of the page: previous, next, and a list to search.
import { useEffect, useRef, useState } from "preact/hooks";
import { isolated } from "../core/plainText";
import type { UtteranceInfo } from "../core/schema";
import { LENGTHS, nextIn, speakersOf } from "../core/utterances";
import { useUtterances, type MatchingUtterances } from "../hooks/useUtterances";
import { restrictTo } from "../store/derivedSignal";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { Notice, Select } from "./controls";
import { Dialog } from "./Dialog";

const STEP = 200; // entries that the list shows at once
const SUGGESTIONS = 500; // labels that the browser offers while the user types

export function Utterances() {
  const store = useStore();
  const dialog = useRef<HTMLDialogElement>(null);
  const [isOpen, setOpen] = useState(false);
  const list = useUtterances(store, isOpen);
  const open = () => {
    setOpen(true);
    dialog.current!.showModal();
  };
  const { id, duration } = store.utterance.value;
  return (
    <div class="oto-utterance" data-utterance={store.state.utterance.value}>
      <Neighbour list={list} direction={-1} />
      <button type="button" class="oto-current" onClick={open} aria-haspopup="dialog" title="Choose an utterance">
        <span class="oto-sr">Utterance </span>
        <span class="oto-name">{isolated(id)}</span> ({duration.toFixed(1)} s)
      </button>
      <Neighbour list={list} direction={1} />
      <Dialog dialog={dialog} name="Utterances" onClose={() => setOpen(false)}>
        {isOpen && <Chooser list={list} onChoose={() => dialog.current!.close()} />}
      </Dialog>
    </div>
  );
}

/** A button that selects the previous or the next utterance that can be shown, of those that the filter selects. */
function Neighbour({ list, direction }: { list: MatchingUtterances; direction: 1 | -1 }) {
  const store = useStore();
  const usable = list.numbers.filter((number) => isUsable(store, store.run.utterances[number]));
  const next = nextIn(usable, store.state.utterance.value, direction);
  const name = direction > 0 ? "Next utterance" : "Previous utterance";
  return (
    <button
      type="button"
      class="oto-step"
      disabled={next === undefined}
      aria-label={name}
      title={name}
      onClick={() => store.selectUtterance(next!)}
    >
      {direction > 0 ? "›" : "‹"}
    </button>
  );
}

function Chooser({ list, onChoose }: { list: MatchingUtterances; onChoose: () => void }) {
  const store = useStore();
  const { run } = store;
  const [limit, setLimit] = useState(STEP);
  const all = run.utterances.length;
  const count = list.numbers.length;
  return (
    <>
      <h2>Utterances</h2>
      <Filters list={list} />
      {list.error && <Notice>{list.error}</Notice>}
      <p class="oto-hint" role="status">
        {count === all ? `${all} utterances` : `${count} of ${all} utterances`}
      </p>
      {list.numbers.some((number) => !isUsable(store, run.utterances[number])) && (
        <p class="oto-hint">Utterances without stored maps cannot be opened: {run.no_model_reason}.</p>
      )}
      <ul class="oto-entries" onKeyDown={moveFocus}>
        {list.numbers.slice(0, limit).map((number) => (
          <Entry key={number} number={number} onChoose={onChoose} />
        ))}
      </ul>
      {count > limit && (
        <button type="button" class="oto-more" onClick={() => setLimit(limit + STEP)}>
          show {Math.min(STEP, count - limit)} more
        </button>
      )}
    </>
  );
}

function Filters({ list }: { list: MatchingUtterances }) {
  const { run, state } = useStore();
  const speakers = speakersOf(run.utterances);
  const first = useRef<HTMLInputElement>(null);
  useEffect(() => first.current!.focus(), []);
  const labels = [...Object.keys(list.contents?.phones ?? {}), ...Object.keys(list.contents?.words ?? {})];
  return (
    <div class="oto-filters" role="search">
      <label>
        Part of the id
        <input
          ref={first}
          type="search"
          value={state.find.value}
          onInput={(event) => (state.find.value = event.currentTarget.value)}
        />
      </label>
      <label>
        Phone or word
        <input
          type="search"
          value={state.contains.value}
          list="oto-label-suggestions"
          disabled={list.contents !== undefined && !labels.length}
          placeholder={list.contents !== undefined && !labels.length ? "no labels are open" : ""}
          onInput={(event) => (state.contains.value = event.currentTarget.value)}
        />
        <datalist id="oto-label-suggestions">
          {labels.slice(0, SUGGESTIONS).map((label) => (
            <option key={label} value={label} />
          ))}
        </datalist>
      </label>
      {speakers.length > 1 && (
        <Select
          label="Speaker"
          value={restrictTo(state.speaker, ["", ...speakers.map(([name]) => name)])}
          options={[["", "all"], ...speakers.map(([name, count]) => [name, `${isolated(name)} (${count})`] as const)]}
        />
      )}
      <Select
        label="Length"
        value={restrictTo(state.length, ["", ...Object.keys(LENGTHS)])}
        options={[["", "all"], ...Object.keys(LENGTHS).map((name) => [name, name] as const)]}
      />
    </div>
  );
}

function Entry({ number, onChoose }: { number: number; onChoose: () => void }) {
  const store = useStore();
  const info = store.run.utterances[number];
  const usable = isUsable(store, info);
  const choose = () => {
    if (!usable) return;
    store.selectUtterance(number);
    onChoose();
  };
  return (
    <li>
      <button
        type="button"
        class="oto-entry"
        aria-current={store.state.utterance.value === number}
        aria-disabled={!usable}
        onClick={choose}
      >
        <span>{isolated(info.id)}</span>
        <span>{info.speaker && isolated(info.speaker)}</span>
        <span>{info.duration.toFixed(1)} s</span>
        <small>{info.stored ? "maps stored" : usable ? "maps computed when opened" : "maps not stored"}</small>
      </button>
    </li>
  );
}

const isUsable = ({ run }: ViewerStore, { stored }: UtteranceInfo): boolean => stored || !run.no_model_reason;

/** Arrow keys move between the entries. */
function moveFocus(event: KeyboardEvent & { currentTarget: HTMLElement }): void {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const entries = [...event.currentTarget.querySelectorAll<HTMLElement>(".oto-entry")];
  entries[entries.indexOf(document.activeElement as HTMLElement) + step]?.focus();
}
