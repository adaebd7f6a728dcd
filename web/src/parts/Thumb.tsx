// A head's map on one utterance, small.
import { useEffect, useRef } from "preact/hooks";
import { paint, ramp, WEIGHTS } from "../core/colour";
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
  }, [small, category, frames, look]);
  return <canvas ref={canvas} width={1} height={1} aria-hidden="true" class="thumb" />;

  function show(element: HTMLCanvasElement, { code, side }: Small, { category, frames }: Omit<Props, "small">): void {
    const highest = code.reduce((most, one) => Math.max(most, one), 0);
    const colours = { ramp: ramp(look, category), scale: "log" as const, frames, highest: WEIGHTS[highest] };
    const pixels = paint(code, side, new Float32Array(side), colours);
    element.width = element.height = side;
    element.getContext("2d")!.putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), side, side), 0, 0);
  }
}
