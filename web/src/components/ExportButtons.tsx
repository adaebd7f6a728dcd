// Buttons that save a figure or its numbers as a file.
import { useRef } from "preact/hooks";
import { csv } from "../core/csv";
import { composeSheet, png, save, standalone, type Picture, type Sheet } from "../core/exportFigure";
import { theme } from "../store/theme";

interface Props {
  name: string;
  picture: () => Picture;
  table: () => Record<string, unknown>[];
}

interface PixelsProps {
  name: string;
  /** Selects the element whose canvases are the picture. */
  within: string;
  /** The numbers of the picture, as rows of a table. */
  table: () => Record<string, unknown>[];
}

/** Buttons that save the content of an element: canvases and text. */
export function ExportElementButtons({ name, within, table }: PixelsProps) {
  const element = useRef<HTMLSpanElement>(null);
  const sheet = () =>
    composeSheet(element.current!.closest(".oto-page")!.querySelector<HTMLElement>(within)!, theme.value);
  return (
    <span ref={element}>
      <Offers name={name} sheet={sheet} table={table} />
    </span>
  );
}

export function ExportButtons({ name, picture, table }: Props) {
  return <Offers name={name} sheet={() => standalone(picture(), theme.value)} table={table} />;
}

/** A button that saves numbers which have no picture. */
export function ExportTableButton({ name, table }: Omit<Offered, "sheet">) {
  return <Offers name={name} table={table} />;
}

interface Offered {
  name: string;
  sheet?: () => Sheet;
  table: () => Record<string, unknown>[];
}

function Offers({ name, sheet, table }: Offered) {
  const offers: [string, () => void | Promise<void>][] = [["CSV", () => save(csv(table()), `${name}.csv`)]];
  if (sheet)
    offers.unshift(
      ["SVG", () => save(new Blob([sheet().text], { type: "image/svg+xml" }), `${name}.svg`)],
      ["PNG", async () => save(await png(sheet()), `${name}.png`)],
    );
  return (
    <span class="oto-export-buttons" role="group" aria-label={`Save ${name}`}>
      {offers.map(([format, take]) => (
        <button type="button" key={format} onClick={() => void take()} title={`Save as ${format}`}>
          {format}
        </button>
      ))}
    </span>
  );
}
