// Sheets as pixels: PNG with 300 pixels per inch, and PDF with 600, so that every letter of every script is there.
import type { Sheet } from "./sheet";

const MM_PER_INCH = 25.4;
const POINTS_PER_INCH = 72;
const PNG_PIXELS_PER_INCH = 300;
const PDF_PIXELS_PER_INCH = 600;

export async function png(sheet: Sheet): Promise<Blob> {
  const canvas = await pixelsOf(sheet, PNG_PIXELS_PER_INCH);
  return new Promise((resolve, reject) =>
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("the picture is too large"))), "image/png"),
  );
}

/** One page of the size of the sheet, with its picture, its title and its source (PDF 1.4). */
export async function pdf(sheet: Sheet): Promise<Blob> {
  const canvas = await pixelsOf(sheet, PDF_PIXELS_PER_INCH);
  const { width, height } = canvas;
  const image = await deflated(rgbOf(canvas));
  const page = [width, height].map((pixels) => ((pixels / PDF_PIXELS_PER_INCH) * POINTS_PER_INCH).toFixed(2));
  const drawing = `q ${page[0]} 0 0 ${page[1]} 0 0 cm /Picture Do Q`;
  const colours = "/ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /FlateDecode";
  const objects: (string | Uint8Array)[][] = [
    ["<< /Type /Catalog /Pages 2 0 R >>"],
    ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
    [
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${page.join(" ")}] /Contents 4 0 R`,
      " /Resources << /XObject << /Picture 5 0 R >> >> >>",
    ],
    [`<< /Length ${drawing.length} >>\nstream\n${drawing}\nendstream`],
    [
      `<< /Type /XObject /Subtype /Image /Width ${width} /Height ${height} ${colours} /Length ${image.length} >>`,
      "\nstream\n",
      image,
      "\nendstream",
    ],
    [`<< /Title ${pdfText(sheet.title)} /Subject ${pdfText(sheet.source)} /Creator (otoscope) >>`],
  ];
  return pdfFile(objects);
}

/** A file of objects with its table of their places; the last object describes the document. */
function pdfFile(objects: (string | Uint8Array)[][]): Blob {
  const encoder = new TextEncoder();
  const parts: Uint8Array[] = [];
  const places: number[] = [];
  let size = 0;
  const write = (part: string | Uint8Array) => {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    parts.push(bytes);
    size += bytes.length;
  };
  write("%PDF-1.4\n");
  objects.forEach((object, index) => {
    places.push(size);
    [`${index + 1} 0 obj\n`, ...object, "\nendobj\n"].forEach(write);
  });
  const table = size;
  const count = objects.length + 1;
  const lines = places.map((place) => `${String(place).padStart(10, "0")} 00000 n \n`).join("");
  write(`xref\n0 ${count}\n0000000000 65535 f \n${lines}`);
  write(`trailer\n<< /Size ${count} /Root 1 0 R /Info ${count - 1} 0 R >>\nstartxref\n${table}\n%%EOF\n`);
  return new Blob(parts as BlobPart[], { type: "application/pdf" });
}

/** Text in UTF-16, as PDF has it. */
const pdfText = (text: string): string =>
  `<FEFF${Array.from({ length: text.length }, (_, i) => text.charCodeAt(i).toString(16).padStart(4, "0")).join("")}>`;

async function pixelsOf({ text, width, height, mm }: Sheet, pixelsPerInch: number): Promise<HTMLCanvasElement> {
  const url = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = Math.round((mm / MM_PER_INCH) * pixelsPerInch);
    canvas.height = Math.round((canvas.width * height) / width);
    canvas.getContext("2d")!.drawImage(image, 0, 0, canvas.width, canvas.height);
    return canvas;
  } finally {
    URL.revokeObjectURL(url);
  }
}

function rgbOf(canvas: HTMLCanvasElement): Uint8Array {
  const { data } = canvas.getContext("2d")!.getImageData(0, 0, canvas.width, canvas.height);
  const rgb = new Uint8Array((data.length / 4) * 3);
  for (let from = 0, to = 0; from < data.length; from += 4) {
    rgb[to++] = data[from];
    rgb[to++] = data[from + 1];
    rgb[to++] = data[from + 2];
  }
  return rgb;
}

async function deflated(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new CompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
