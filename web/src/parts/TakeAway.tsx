// A small menu that takes a picture or its numbers away as a file.
import { composed, csv, pixels, png, save, standalone, wrapped, type Picture } from "../core/takeaway";
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

/** The same for what is drawn on canvases. */
export function TakePixels({ name, within, table }: PixelsProps) {
  const picture = () => composed(document.querySelector<HTMLElement>(`.otoscope ${within}`)!, theme.value);
  const offers: [string, () => void | Promise<void>][] = [
    ["SVG", () => save(wrapped(picture()), `${name}.svg`)],
    ["PNG", async () => save(await pixels(picture()), `${name}.png`)],
    ["CSV", () => save(csv(table()), `${name}.csv`)],
  ];
  return <Offers name={name} offers={offers} />;
}

export function TakeAway({ name, picture, table }: Props) {
  const offers: [string, () => void | Promise<void>][] = [
    ["SVG", () => save(new Blob([standalone(picture(), theme.value).text], { type: "image/svg+xml" }), `${name}.svg`)],
    ["PNG", async () => save(await png(picture(), theme.value), `${name}.png`)],
    ["CSV", () => save(csv(table()), `${name}.csv`)],
  ];
  return <Offers name={name} offers={offers} />;
}

function Offers({ name, offers }: { name: string; offers: [string, () => void | Promise<void>][] }) {
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
