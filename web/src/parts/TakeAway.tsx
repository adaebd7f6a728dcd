// A small menu that takes a picture or its numbers away as a file.
import { useRef } from "preact/hooks";
import { composed, csv, png, save, standalone, type Picture, type Sheet } from "../core/takeaway";
import { theme } from "../core/theme";

interface Props {
  name: string;
  picture: () => Picture;
  table: () => Record<string, unknown>[];
}

interface PixelsProps {
  name: string;
  /** Selects the element whose canvases are the picture. */
  within: string;
  /** What the picture shows as rows of a table; none while there is nothing to save. */
  table: () => Record<string, unknown>[];
}

/** The same for what stands in an element: canvases and words. */
export function TakePixels({ name, within, table }: PixelsProps) {
  const here = useRef<HTMLSpanElement>(null);
  const sheet = () => composed(here.current!.closest(".otoscope")!.querySelector<HTMLElement>(within)!, theme.value);
  return (
    <span ref={here}>
      <Offers name={name} sheet={sheet} table={table} />
    </span>
  );
}

export function TakeAway({ name, picture, table }: Props) {
  return <Offers name={name} sheet={() => standalone(picture(), theme.value)} table={table} />;
}

interface Offered {
  name: string;
  sheet: () => Sheet;
  table: () => Record<string, unknown>[];
}

function Offers({ name, sheet, table }: Offered) {
  const offers: [string, () => void | Promise<void>][] = [
    ["SVG", () => save(new Blob([sheet().text], { type: "image/svg+xml" }), `${name}.svg`)],
    ["PNG", async () => save(await png(sheet()), `${name}.png`)],
    ["CSV", () => save(csv(table()), `${name}.csv`)],
  ];
  return (
    <span class="takeaway" role="group" aria-label={`Save ${name}`}>
      {offers.map(([format, take]) => (
        <button type="button" key={format} onClick={() => void take()} title={`Save as ${format}`}>
          {format}
        </button>
      ))}
    </span>
  );
}
