// A picture as a printed page has it: title and axes above, colours and source below, at the width of a column.
import { ramp, RAMP_STEPS, type Scale, type Theme } from "./colour";
import { svg } from "./drawing";

/** Widths of print: in millimetres, and in pixels of the page, so that all text has about eight points. */
export const PRINT_WIDTHS = {
  column: { name: "one column", mm: 86, pixels: 340 },
  page: { name: "two columns", mm: 178, pixels: 704 },
} as const;
export type PrintWidth = keyof typeof PRINT_WIDTHS;

const FONT = "DejaVu Sans, Helvetica, Arial, sans-serif";
const MARGIN = 8;
const LINE = 14;
const LETTER = 0.57; // mean width of a letter over its size
const FONT_SIZE = 10; // pixels
const BAND = { left: 16, width: 160, height: 8 };

/** An SVG element and its size in pixels. */
export interface Picture {
  content: SVGElement;
  width: number;
  height: number;
}

/** Colours of maps: categories on a colour scale. */
export interface MapColours {
  scale: Scale;
  categories: string[];
}

/** What a picture shows, in words. */
export interface SheetText {
  title: string;
  axes: string;
  source: string;
  colours?: MapColours;
}

/** An SVG file, its size in pixels, and its width in print. */
export interface Sheet {
  text: string;
  title: string;
  source: string;
  width: number;
  height: number;
  mm: number;
}

export const COLOUR_TITLES: Record<Scale, string> = {
  log: "Attention, times uniform",
  linear: "Attention, of the map\u2019s peak",
  row: "Attention, of the row\u2019s peak",
};
export const COLOUR_TICKS: Record<Scale, string[]> = {
  log: ["\u00bc", "1", "4", "16", "64"],
  linear: ["0", "50 %", "100 %"],
  row: ["0", "50 %", "100 %"],
};

export function caption({ title, axes, source, colours }: SheetText): string {
  const ticks = colours && COLOUR_TICKS[colours.scale];
  const colour = colours && ticks && `Colour: ${COLOUR_TITLES[colours.scale]}, from ${ticks[0]} to ${ticks.at(-1)}.`;
  return [`${title}.`, axes && `${axes}.`, colour, `Source: ${source}.`].filter(Boolean).join(" ");
}

/** Put a picture between its words. */
export function sheetOf(picture: Picture, about: SheetText, printWidth: PrintWidth, look: Theme): Sheet {
  const { mm, pixels } = PRINT_WIDTHS[printWidth];
  const width = Math.max(pixels, picture.width) + 2 * MARGIN;
  const sheet = svg("svg");
  const ground = sheet.appendChild(svg("rect", { fill: look.surface, width: "100%", height: "100%" }));
  let y = MARGIN;
  const write = (text: string, size: number, attributes: Record<string, unknown>) => {
    for (const line of wrapped(text, Math.floor((width - 2 * MARGIN) / (LETTER * size)))) {
      y += LINE;
      sheet.appendChild(svg("text", { x: MARGIN, y: y - 4, "font-size": size, ...attributes })).textContent = line;
    }
  };
  write(about.title, 11, { "font-weight": 600 });
  write(about.axes, FONT_SIZE, { fill: look.quiet });
  y += 4;
  sheet.appendChild(placed(picture, MARGIN, y));
  y += picture.height + 4;
  if (about.colours) y += addColours(sheet, about.colours, y, look);
  write(about.source, 8.5, { fill: look.quiet });
  const height = y + MARGIN;
  ground.setAttribute("height", String(height));
  const looks = { "font-family": FONT, "font-size": FONT_SIZE, fill: look.ink, color: look.ink };
  const size = {
    width: `${mm}mm`,
    height: `${((mm * height) / width).toFixed(2)}mm`,
    viewBox: `0 0 ${width} ${height}`,
  };
  for (const [name, value] of Object.entries({ ...size, ...looks, xmlns: "http://www.w3.org/2000/svg" }))
    sheet.setAttribute(name, String(value));
  const { title, source } = about;
  return { text: new XMLSerializer().serializeToString(sheet), title, source, width, height, mm };
}

function placed({ content, width, height }: Picture, x: number, y: number): SVGElement {
  const place = svg("svg", { x, y, width, height, viewBox: `0 0 ${width} ${height}`, overflow: "visible" });
  place.append(content);
  return place;
}

/** Add a band of colours for each category, and their ticks; returns the height. */
function addColours(sheet: SVGElement, { scale, categories }: MapColours, top: number, look: Theme): number {
  const text = (x: number, y: number, content: string, attributes: Record<string, unknown> = {}) =>
    (sheet.appendChild(svg("text", { x, y, "font-size": 9, ...attributes })).textContent = content);
  text(MARGIN, top + 10, COLOUR_TITLES[scale], { fill: look.quiet });
  const left = MARGIN + BAND.left;
  categories.forEach((category, row) => {
    const y = top + 16 + 11 * row;
    text(MARGIN, y + 8, category[0].toUpperCase(), { "font-weight": 600 });
    const colours = ramp(look, category);
    for (let x = 0; x < BAND.width; x++) {
      const word = colours[Math.round((x / (BAND.width - 1)) * (RAMP_STEPS - 1))];
      const fill = `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255})`;
      sheet.appendChild(svg("rect", { x: left + x, y, width: 1.2, height: BAND.height, fill }));
    }
  });
  const below = top + 16 + 11 * categories.length;
  COLOUR_TICKS[scale].forEach((tick, index, all) =>
    text(left + (BAND.width * index) / (all.length - 1), below + 8, tick, {
      "text-anchor": "middle",
      fill: look.quiet,
    }),
  );
  return below + 14 - top;
}

/** Lines of at most so many letters; a longer word has a line of its own. */
function wrapped(text: string, longest: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ").filter(Boolean)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= longest) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
