// A small menu that takes a picture or its numbers away as a file.
import { csv, png, save, standalone } from "../core/takeaway";
import { theme } from "../core/theme";

interface Props {
  name: string;
  svg: () => SVGSVGElement;
  table: () => Record<string, unknown>[];
}

export function TakeAway({ name, svg, table }: Props) {
  const offers: [string, () => void | Promise<void>][] = [
    ["SVG", () => save(new Blob([standalone(svg(), theme.value)], { type: "image/svg+xml" }), `${name}.svg`)],
    ["PNG", async () => save(await png(svg(), theme.value), `${name}.png`)],
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
