// A small menu that takes a picture or its numbers away as a file.
import { csv, png, save, standalone, type Picture } from "../core/takeaway";
import { theme } from "../core/theme";

interface Props {
  name: string;
  picture: () => Picture;
  table: () => Record<string, unknown>[];
}

export function TakeAway({ name, picture, table }: Props) {
  const offers: [string, () => void | Promise<void>][] = [
    ["SVG", () => save(new Blob([standalone(picture(), theme.value).text], { type: "image/svg+xml" }), `${name}.svg`)],
    ["PNG", async () => save(await png(picture(), theme.value), `${name}.png`)],
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
