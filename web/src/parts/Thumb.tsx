// A head's map on one utterance, small.
import { useEffect, useRef } from "preact/hooks";
import { paint, ramp, type Theme } from "../core/colour";
import { theme } from "../core/theme";

export interface Small {
  code: Uint8Array;
  side: number;
}

interface Props {
  small: Small | undefined;
  category: string;
  frames: number;
}

export function Thumb({ small, category, frames }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = theme.value;
  useEffect(() => {
    if (small) show(canvas.current!, small, { category, frames });
    else canvas.current!.width = canvas.current!.height = 1;
  }, [small, category, frames, look]);
  return <canvas ref={canvas} width={1} height={1} aria-hidden="true" class="thumb" />;

  function show(element: HTMLCanvasElement, small: Small, { category, frames }: Omit<Props, "small">): void {
    element.width = element.height = small.side;
    element.getContext("2d")!.putImageData(picture(small, look, category, frames), 0, 0);
  }
}

/** Pictures by their bytes, and what they were painted for: every room shows the same ones. */
const painted = new WeakMap<Uint8Array, { name: string; picture: ImageData }>();

function picture({ code, side }: Small, look: Theme, category: string, frames: number): ImageData {
  const name = `${look.name}/${category}/${frames}`;
  const found = painted.get(code);
  if (found?.name === name) return found.picture;
  const pixels = paint(code, side, new Float32Array(side), { ramp: ramp(look, category), scale: "log", frames, highest: 1 });
  const made = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), side, side);
  painted.set(code, { name, picture: made });
  return made;
}
