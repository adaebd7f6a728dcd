// The page: a bar with the tabs of the views and the utterance, and the open view.
import { useEffect, useMemo, useRef } from "preact/hooks";
import { Help } from "./components/Help";
import { ThemeButton } from "./components/ThemeButton";
import { Utterances } from "./components/Utterances";
import { keepFocus } from "./core/focus";
import { visible } from "./core/plainText";
import { theme } from "./store/theme";
import { followThumbnails } from "./store/thumbnails";
import { FIELDS } from "./store/urlFields";
import { useStore, type ViewerStore } from "./store/viewerStore";
import { VIEW_HINTS, VIEWS } from "./views";

export function App() {
  const store = useStore();
  const thumbnails = useMemo(() => followThumbnails(store), [store]);
  const view = Object.hasOwn(VIEWS, store.state.view.value) ? store.state.view.value : FIELDS.view.initial;
  const View = VIEWS[view];
  const main = useRef<HTMLElement>(null);
  const title = titleOf(store, view);
  useEffect(() => void (document.title = title), [title]);
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    tabs.current!.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [view]);
  const opened = useRef(view);
  useEffect(() => {
    if (opened.current !== view) keepFocus(main.current!, ".oto-cell[aria-pressed=true]");
    opened.current = view;
  }, [view]);
  return (
    <div class="oto-page" data-theme={theme.value.name}>
      <header>
        <h1>
          <Logo /> otoscope
        </h1>
        <nav ref={tabs} aria-label="Views">
          {Object.keys(VIEWS).map((name) => (
            <Tab key={name} name={name} isOpen={name === view} />
          ))}
        </nav>
        <span class="oto-spring" />
        <Utterances />
        <span class="oto-about" title={`${store.run.model} on ${store.run.corpus}`}>
          {store.run.name}
          {store.run.synthetic && " · synthetic speech"}
        </span>
        <ThemeButton />
        <Help views={VIEW_HINTS} />
      </header>
      <main ref={main}>
        <View key={view} thumbnails={thumbnails} />
      </main>
    </div>
  );
}

function titleOf(store: ViewerStore, view: string): string {
  const { layer, head } = store.selectedHead.value ?? {};
  const place = view === "head" ? `Layer ${layer}, head ${head}, ${visible(store.utterance.value.id)}` : view;
  return `${place} · ${store.run.name} · otoscope`;
}

function Tab({ name, isOpen }: { name: string; isOpen: boolean }) {
  const { view } = useStore().state;
  return (
    <button
      type="button"
      aria-current={isOpen ? "page" : undefined}
      title={VIEW_HINTS[name]}
      onClick={() => (view.value = name)}
    >
      {name}
    </button>
  );
}

function Logo() {
  return (
    <svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true">
      <g fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round">
        <circle cx="10" cy="10" r="8" opacity=".35" />
        <path d="M6 13.5 13.5 6M10 14l4-4M6 10l4-4" />
      </g>
    </svg>
  );
}
