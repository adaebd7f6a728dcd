// The attention map: queries downward, keys across; the wheel zooms, dragging pans, a click plays the audio.
import { useMemo } from "preact/hooks";
import { ramp, type Theme } from "../core/colour";
import type { UtterancePlayer } from "../store/player";
import type { AttentionMap } from "../core/attentionMap";
import type { DrawContext } from "../core/drawing";
import { frameAt, shareOf as positionOf, type Range } from "../core/range";
import { theme } from "../store/theme";
import { covered, levelFor, visible } from "../core/tiles";
import { boundaryLines } from "./BoundaryMarks";
import { Canvas, shareOf } from "./Canvas";
import { Waiting } from "./controls";

const CLICK = 4; // pixels within which a press is no drag

export function HeatMap({ player }: { player: UtterancePlayer }) {
  const handlers = useMemo(() => gestures(player), [player]);
  return (
    <div class="oto-heat-frame">
      <Waiting reason={player.map.value.waiting} />
      <Canvas
        class="oto-heat"
        tabIndex={0}
        label="Attention map: queries downward, keys across. Arrow keys move, plus and minus zoom, zero shows all."
        draw={(context, width, height) => draw(context, player, width, height)}
        {...handlers}
      />
    </div>
  );
}

function draw(context: DrawContext, player: UtterancePlayer, width: number, height: number): void {
  const { store } = player;
  const [keys, queries] = [store.keys.value, store.queries.value];
  const map = player.map.value;
  void map.version.value;
  context.fillStyle = theme.value.surface;
  context.fillRect(0, 0, width, height);
  const pixels = Math.min(width / (keys.to - keys.from), height / (queries.to - queries.from)) * devicePixelRatio;
  context.imageSmoothingEnabled = pixels < 1;
  const colours = painting(store.selectedHead.value.category, store.state.scale.value, theme.value, map.frames);
  const fine = levelFor(1 / pixels, map.frames);
  for (const level of new Set([map.coarsest, fine]))
    drawLevel(context, map, level, keys, queries, width, height, colours);
  for (const along of ["keys", "queries"] as const) boundaryLines(context, player, along, width, height);
  drawCrosshair(context, player, keys, queries, width, height);
}

type Painting = ReturnType<typeof painting>;

function painting(category: string, scale: "log" | "linear" | "row", look: Theme, frames: number) {
  return { name: `${look.name}/${category}/${scale}`, colours: { ramp: ramp(look, category), scale, frames } };
}

function drawLevel(
  context: DrawContext,
  map: AttentionMap,
  level: number,
  keys: Range,
  queries: Range,
  width: number,
  height: number,
  { name, colours }: Painting,
): void {
  for (const place of visible(queries, keys, level, map.frames)) {
    const tile = map.tile(place);
    if (!tile) continue;
    const [down, across] = [covered(place.row, level, map.frames), covered(place.column, level, map.frames)];
    const [left, top] = [positionOf(keys, across.from) * width, positionOf(queries, down.from) * height];
    const [right, bottom] = [positionOf(keys, across.to) * width, positionOf(queries, down.to) * height];
    context.drawImage(map.image(tile, colours, name), left, top, right - left, bottom - top);
  }
}

/** Draw the queries as a band, and the times of the query and of the playback as lines. */
function drawCrosshair(
  context: DrawContext,
  player: UtterancePlayer,
  keys: Range,
  queries: Range,
  width: number,
  height: number,
): void {
  context.fillStyle = theme.value.ink;
  context.globalAlpha = 0.14;
  for (const query of player.queriesShown.value) {
    const top = positionOf(queries, query) * height;
    context.fillRect(0, top, width, Math.max(1, positionOf(queries, query + 1) * height - top));
  }
  context.globalAlpha = 1;
  const query = player.query.value;
  if (query !== null) {
    context.globalAlpha = 0.35;
    context.fillRect(positionOf(keys, query + 0.5) * width, 0, 1, height);
    context.globalAlpha = 1;
  }
  if (player.playing.value)
    context.fillRect(
      positionOf(keys, (player.time.value - player.labels.detail.value.origin) / player.store.run.frame_period) * width,
      0,
      1.5,
      height,
    );
}

function gestures(player: UtterancePlayer) {
  const { store } = player;
  let pressed: { x: number; y: number; moved: boolean } | null = null;
  const under = (event: PointerEvent | WheelEvent) => {
    const { across, down } = shareOf(event);
    return { key: frameAt(store.keys.value, across), query: frameAt(store.queries.value, down) };
  };
  const whole = (frame: number) => Math.min(store.frames.value - 1, Math.max(0, Math.floor(frame)));
  return {
    onWheel(event: WheelEvent) {
      event.preventDefault();
      const { key, query } = under(event);
      if (event.shiftKey)
        player.panBy(((event.deltaX + event.deltaY) / 800) * (store.keys.value.to - store.keys.value.from), 0);
      else player.zoomAt(key, query, Math.exp(event.deltaY / 400));
    },
    onPointerDown(event: PointerEvent) {
      if (event.button) return; // the first button alone
      pressed = { x: event.clientX, y: event.clientY, moved: false };
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      player.pointed.value = whole(under(event).query);
      if (!pressed) return;
      const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
      if (!pressed.moved && Math.hypot(dx, dy) < CLICK) return;
      const { width, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
      const [keys, queries] = [store.keys.value, store.queries.value];
      player.panBy((-dx / width) * (keys.to - keys.from), (-dy / height) * (queries.to - queries.from));
      pressed = { x: event.clientX, y: event.clientY, moved: true };
    },
    onPointerUp(event: PointerEvent) {
      const { key, query } = under(event);
      if (pressed && !pressed.moved) {
        store.state.query.value = whole(query);
        void player.playFrom(Math.max(0, player.labels.secondsOf(whole(key))));
      }
      pressed = null;
    },
    onPointerLeave() {
      pressed = null;
      player.pointed.value = null;
    },
    onKeyDown(event: KeyboardEvent) {
      if (handleKey(player, event)) event.preventDefault();
    },
  };
}

function handleKey(player: UtterancePlayer, event: KeyboardEvent): boolean {
  const { store } = player;
  const [keys, queries] = [store.keys.value, store.queries.value];
  const step = event.shiftKey ? 10 : 1;
  const move = (frames: number) => {
    const last = store.frames.value - 1;
    store.state.query.value = Math.min(last, Math.max(0, (store.state.query.value ?? 0) + frames));
  };
  const centre = ({ from, to }: Range) => (from + to) / 2;
  const tenth = (keys.to - keys.from) / 10;
  const actions: Record<string, () => void> = {
    ArrowUp: () => move(-step),
    ArrowDown: () => move(step),
    ArrowLeft: () => player.panBy(-tenth, 0),
    ArrowRight: () => player.panBy(tenth, 0),
    "+": () => player.zoomAt(centre(keys), store.state.query.value ?? centre(queries), 0.8),
    "-": () => player.zoomAt(centre(keys), centre(queries), 1.25),
    "0": () => store.setRange(null, null),
    " ": () => player.toggle(),
    Enter: () => void player.playAttended(),
  };
  actions["="] = actions["+"];
  actions[event.key]?.();
  return event.key in actions;
}
