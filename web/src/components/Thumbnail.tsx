// A thumbnail of the map of a head on one utterance.
import { useEffect, useRef } from "preact/hooks";
import { paint, ramp, type Theme } from "../core/colour";
import { theme } from "../store/theme";

export interface ThumbnailImage {
  code: Uint8Array;
  side: number;
}

interface Props {
  image: ThumbnailImage | undefined;
  category: string;
  frames: number;
}

export function Thumbnail({ image, category, frames }: Props) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const look = theme.value;
  useEffect(() => {
    if (image) show(canvas.current!, image, { category, frames });
    else canvas.current!.width = canvas.current!.height = 1;
  }, [image, category, frames, look]);
  return <canvas ref={canvas} width={1} height={1} aria-hidden="true" class="oto-thumbnail" />;

  function show(element: HTMLCanvasElement, image: ThumbnailImage, { category, frames }: Omit<Props, "image">): void {
    element.width = element.height = image.side;
    element.getContext("2d")!.putImageData(picture(image, look, category, frames), 0, 0);
  }
}

/** Painted thumbnails by their bytes, with the settings they were painted with; all views share them. */
const painted = new WeakMap<Uint8Array, { name: string; picture: ImageData }>();

function picture({ code, side }: ThumbnailImage, look: Theme, category: string, frames: number): ImageData {
  const name = `${look.name}/${category}/${frames}`;
  const cached = painted.get(code);
  if (cached?.name === name) return cached.picture;
  const pixels = paint(code, side, new Float32Array(side), {
    ramp: ramp(look, category),
    scale: "log",
    frames,
    highest: 1,
  });
  const image = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), side, side);
  painted.set(code, { name, picture: image });
  return image;
}
