// Tables as CSV that a spreadsheet reads as text and numbers, never as formulas.

/** The beginning of a formula for Excel, LibreOffice or Google Sheets; an apostrophe before it marks text. */
const FORMULA = /^[=+\-@\t\r\n|%]/;

export function csv(rows: Record<string, unknown>[]): string {
  const names = Object.keys(rows[0] ?? {});
  const lines = [names.map(cell), ...rows.map((row) => names.map((name) => cell(row[name])))];
  return lines.map((line) => line.join(",")).join("\n") + "\n";
}

function cell(value: unknown): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "";
  const plain = String(value);
  const text = typeof value === "string" && FORMULA.test(plain) ? `'${plain}` : plain;
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
