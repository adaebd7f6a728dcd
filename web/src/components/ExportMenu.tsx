// A menu that saves a figure, its numbers, and its caption.
import { signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { csv } from "../core/csv";
import { elementPicture } from "../core/elementPicture";
import { save } from "../core/files";
import { pdf, png } from "../core/rasters";
import {
  caption,
  PRINT_WIDTHS,
  sheetOf,
  type MapColours,
  type Picture,
  type PrintWidth,
  type Sheet,
  type SheetText,
} from "../core/sheet";
import { theme } from "../store/theme";
import { useStore, type ViewerStore } from "../store/viewerStore";
import { CopyButton, RadioGroup } from "./controls";
import { Menu } from "./Menu";

/** The width of saved pictures, for all figures of the page. */
const printWidth = signal<PrintWidth>("page");
const WIDTH_CHOICES = (Object.keys(PRINT_WIDTHS) as PrintWidth[]).map(
  (width) => [width, PRINT_WIDTHS[width].name] as const,
);

/** What a figure shows, in words; the source is that of the page. */
export interface FigureText {
  title: string;
  axes: string;
  colours?: MapColours;
}

interface Props {
  about: FigureText;
  /** The picture at a width in pixels. */
  picture: (pixels: number) => Picture;
  table: () => Record<string, unknown>[];
}

/** A menu for a figure. */
export function ExportMenu({ about, picture, table }: Props) {
  const store = useStore();
  const text: SheetText = { ...about, source: sourceOf(store) };
  const sheet = () => sheetOf(picture(PRINT_WIDTHS[printWidth.value].pixels), text, printWidth.value, theme.value);
  const formats: [string, (sheet: Sheet) => Blob | Promise<Blob>][] = [
    ["SVG", ({ text }) => new Blob([text], { type: "image/svg+xml" })],
    ["PNG", png],
    ["PDF", pdf],
  ];
  return (
    <Menu name="save" label={`Save: ${about.title}`} edge="right">
      <RadioGroup label="Width in print" value={printWidth} options={WIDTH_CHOICES} />
      <div class="oto-row-buttons">
        {formats.map(([format, write]) => (
          <button
            type="button"
            key={format}
            title={`Save as ${format}`}
            onClick={async () => save(await write(sheet()), `${about.title}.${format.toLowerCase()}`)}
          >
            {format}
          </button>
        ))}
        <CsvButton name={about.title} table={table} />
      </div>
      <CopyButton text={caption(text)} name="copy the caption" />
    </Menu>
  );
}

interface ElementProps {
  about: FigureText;
  /** Selects the element whose content is the picture. */
  within: string;
  /** The numbers of the picture, as rows of a table. */
  table: () => Record<string, unknown>[];
}

/** A menu for the content of an element: canvases and text. */
export function ExportElementMenu({ about, within, table }: ElementProps) {
  const element = useRef<HTMLSpanElement>(null);
  const picture = (pixels: number) =>
    elementPicture(element.current!.closest(".oto-page")!.querySelector<HTMLElement>(within)!, pixels);
  return (
    <span ref={element}>
      <ExportMenu about={about} picture={picture} table={table} />
    </span>
  );
}

/** A button that saves numbers as a table. */
export function CsvButton({ name, table }: { name: string; table: () => Record<string, unknown>[] }) {
  return (
    <button type="button" title="Save the numbers as CSV" onClick={() => save(csv(table()), `${name}.csv`)}>
      CSV
    </button>
  );
}

function sourceOf({ run, runList }: ViewerStore): string {
  const corpus = run.corpus.split(/[\\/]/).findLast(Boolean) ?? "";
  const speech = run.synthetic ? `${corpus} (synthetic speech)` : corpus;
  return `run ${run.name}, model ${run.model}, speech ${speech}, otoscope ${runList.version}`;
}
