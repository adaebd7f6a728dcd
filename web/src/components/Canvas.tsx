// A canvas that is drawn again when its size changes, or a signal that its drawing reads.
import { effect, signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { ComponentProps } from "preact";
import { redrawers, type Draw } from "../core/drawing";

interface Props extends Omit<ComponentProps<"canvas">, "ref" | "label"> {
  draw: Draw;
  label: string;
}

export function Canvas({ draw, label, ...rest }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const latest = useRef(signal(draw)).current;
  latest.value = draw;
  // Before the first paint, so that the drawing requests its data as early as possible.
  useLayoutEffect(() => follow(canvas.current!, latest), []);
  return <canvas ref={canvas} role="img" aria-label={label} {...rest} />;
}

function follow(canvas: HTMLCanvasElement, latest: { readonly value: Draw }): () => void {
  const size = signal({ width: 0, height: 0 });
  const observer = new ResizeObserver(([{ contentRect }]) => {
    size.value = { width: contentRect.width, height: contentRect.height };
  });
  observer.observe(canvas);
  redrawers.set(canvas, (context, width, height) => latest.value(context, width, height));
  const stop = effect(() => {
    const { width, height } = size.value;
    if (!width || !height) return;
    fit(canvas, width, height);
    const context = canvas.getContext("2d")!;
    context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
    context.clearRect(0, 0, width, height);
    latest.value(context, width, height);
  });
  return () => {
    observer.disconnect();
    stop();
  };
}

function fit(canvas: HTMLCanvasElement, width: number, height: number): void {
  const ratio = window.devicePixelRatio || 1;
  const [wide, high] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== wide) canvas.width = wide;
  if (canvas.height !== high) canvas.height = high;
}

/** The position of a pointer in an element, from 0 to 1 along both edges. */
export function shareOf(event: PointerEvent | WheelEvent | MouseEvent): { across: number; down: number } {
  const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
  return { across: (event.clientX - box.left) / box.width, down: (event.clientY - box.top) / box.height };
}
