// The attention map: queries downward, keys across; wheel to zoom, drag to pan, point to see a query, click to hear.
import { useMemo } from "preact/hooks";
import { ramp, type Theme } from "../core/colour";
import type { Hearing } from "../core/hearing";
import type { AttentionMap } from "../core/map";
import type { Pen } from "../core/pen";
import { frameAt, shareOf as placeOf, type Range } from "../core/range";
import { theme } from "../core/theme";
import { covered, levelFor, visible } from "../core/tiles";
import { boundaryLines } from "./Boundaries";
import { Canvas, shareOf } from "./Canvas";

const CLICK = 4; // pixels within which a press is no drag

export function HeatMap({ hearing }: { hearing: Hearing }) {
  const handlers = useMemo(() => gestures(hearing), [hearing]);
  return (
    <Canvas
      class="heat"
      tabIndex={0}
      label="Attention map: queries downward, keys across. Arrow keys move, plus and minus zoom, zero shows all."
      draw={(context, width, height) => draw(context, hearing, width, height)}
      {...handlers}
    />
  );
}

function draw(context: Pen, hearing: Hearing, width: number, height: number): void {
  const { viewer } = hearing;
  const [keys, queries] = [viewer.keys.value, viewer.queries.value];
  const map = hearing.map.value;
  void map.arrived.value;
  context.fillStyle = theme.value.surface;
  context.fillRect(0, 0, width, height);
  const pixels = Math.min(width / (keys.to - keys.from), height / (queries.to - queries.from)) * devicePixelRatio;
  context.imageSmoothingEnabled = pixels < 1;
  const colours = painting(viewer.chosenHead.value.category, viewer.state.scale.value, theme.value, map.frames);
  const fine = levelFor(1 / pixels, map.frames);
  for (const level of new Set([map.coarsest, fine])) drawLevel(context, map, level, keys, queries, width, height, colours);
  for (const along of ["keys", "queries"] as const) boundaryLines(context, hearing, along, width, height);
  cross(context, hearing, keys, queries, width, height);
}

type Painting = ReturnType<typeof painting>;

function painting(category: string, scale: "log" | "linear" | "row", look: Theme, frames: number) {
  return { name: `${look.name}/${category}/${scale}`, colours: { ramp: ramp(look, category), scale, frames } };
}

function drawLevel(
  context: Pen,
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
    const [left, top] = [placeOf(keys, across.from) * width, placeOf(queries, down.from) * height];
    const [right, bottom] = [placeOf(keys, across.to) * width, placeOf(queries, down.to) * height];
    context.drawImage(map.image(tile, colours, name), left, top, right - left, bottom - top);
  }
}

/** The queries that are shown as a band, their own time and the playing time as lines. */
function cross(
  context: Pen,
  hearing: Hearing,
  keys: Range,
  queries: Range,
  width: number,
  height: number,
): void {
  context.fillStyle = theme.value.ink;
  context.globalAlpha = 0.14;
  for (const query of hearing.queriesShown.value) {
    const top = placeOf(queries, query) * height;
    context.fillRect(0, top, width, Math.max(1, placeOf(queries, query + 1) * height - top));
  }
  context.globalAlpha = 1;
  const query = hearing.query.value;
  if (query !== null) {
    context.globalAlpha = 0.35;
    context.fillRect(placeOf(keys, query + 0.5) * width, 0, 1, height);
    context.globalAlpha = 1;
  }
  if (hearing.playing.value) context.fillRect(placeOf(keys, (hearing.time.value - hearing.detail.value.origin) / hearing.period) * width, 0, 1.5, height);
}

function gestures(hearing: Hearing) {
  const { viewer } = hearing;
  let pressed: { x: number; y: number; moved: boolean } | null = null;
  const under = (event: PointerEvent | WheelEvent) => {
    const { across, down } = shareOf(event);
    return { key: frameAt(viewer.keys.value, across), query: frameAt(viewer.queries.value, down) };
  };
  const whole = (frame: number) => Math.min(viewer.frames.value - 1, Math.max(0, Math.floor(frame)));
  return {
    onWheel(event: WheelEvent) {
      event.preventDefault();
      const { key, query } = under(event);
      if (event.shiftKey) hearing.panBy(((event.deltaX + event.deltaY) / 800) * (viewer.keys.value.to - viewer.keys.value.from), 0);
      else hearing.zoomAt(key, query, Math.exp(event.deltaY / 400));
    },
    onPointerDown(event: PointerEvent) {
      if (event.button) return; // the first button alone
      pressed = { x: event.clientX, y: event.clientY, moved: false };
      (event.currentTarget as HTMLElement).setPointerCapture(event.pointerId);
    },
    onPointerMove(event: PointerEvent) {
      hearing.pointed.value = whole(under(event).query);
      if (!pressed) return;
      const [dx, dy] = [event.clientX - pressed.x, event.clientY - pressed.y];
      if (!pressed.moved && Math.hypot(dx, dy) < CLICK) return;
      const { width, height } = (event.currentTarget as HTMLElement).getBoundingClientRect();
      const [keys, queries] = [viewer.keys.value, viewer.queries.value];
      hearing.panBy((-dx / width) * (keys.to - keys.from), (-dy / height) * (queries.to - queries.from));
      pressed = { x: event.clientX, y: event.clientY, moved: true };
    },
    onPointerUp(event: PointerEvent) {
      const { key, query } = under(event);
      if (pressed && !pressed.moved) {
        viewer.state.query.value = whole(query);
        void hearing.play(Math.max(0, hearing.secondsOf(whole(key))));
      }
      pressed = null;
    },
    onPointerLeave() {
      pressed = null;
      hearing.pointed.value = null;
    },
    onKeyDown(event: KeyboardEvent) {
      if (steer(hearing, event)) event.preventDefault();
    },
  };
}

function steer(hearing: Hearing, event: KeyboardEvent): boolean {
  const { viewer } = hearing;
  const [keys, queries] = [viewer.keys.value, viewer.queries.value];
  const step = event.shiftKey ? 10 : 1;
  const move = (by: number) => {
    const last = viewer.frames.value - 1;
    viewer.state.query.value = Math.min(last, Math.max(0, (viewer.state.query.value ?? 0) + by));
  };
  const centre = ({ from, to }: Range) => (from + to) / 2;
  const tenth = (keys.to - keys.from) / 10;
  const actions: Record<string, () => void> = {
    ArrowUp: () => move(-step),
    ArrowDown: () => move(step),
    ArrowLeft: () => hearing.panBy(-tenth, 0),
    ArrowRight: () => hearing.panBy(tenth, 0),
    "+": () => hearing.zoomAt(centre(keys), viewer.state.query.value ?? centre(queries), 0.8),
    "-": () => hearing.zoomAt(centre(keys), centre(queries), 1.25),
    "0": () => viewer.look(null, null),
    " ": () => hearing.toggle(),
    Enter: () => void hearing.playAttended(),
  };
  actions["="] = actions["+"];
  actions[event.key]?.();
  return event.key in actions;
}
