// Arrow keys in a grid of cells.

/** Row and column of each cell. */
export type Cells = readonly { row: number; column: number }[];

/** Cells in reading order, with this number of columns. */
export const flowing = (count: number, columns: number): Cells =>
  Array.from({ length: count }, (_, at) => ({ row: Math.floor(at / columns), column: at % columns }));

/** One cell for each head: rows are layers, columns are heads. */
export const byLayer = (heads: readonly { layer: number; head: number }[]): Cells =>
  heads.map(({ layer, head }) => ({ row: layer, column: head }));

/** The index of the cell that a key moves to: the next in order, or the nearest in the next row that has cells. */
export function neighbour(key: string, at: number, cells: Cells): number {
  if (key === "ArrowLeft") return Math.max(0, at - 1);
  if (key === "ArrowRight") return Math.min(cells.length - 1, at + 1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return at;
  const sign = key === "ArrowDown" ? 1 : -1;
  const far = (cell: Cells[number]) => sign * (cell.row - cells[at].row);
  const beyond = cells.filter((cell) => far(cell) > 0);
  if (!beyond.length) return at;
  const { row } = beyond.reduce((best, cell) => (far(cell) < far(best) ? cell : best));
  const aside = (cell: Cells[number]) => Math.abs(cell.column - cells[at].column);
  return cells.indexOf(
    beyond.filter((cell) => cell.row === row).reduce((best, cell) => (aside(cell) < aside(best) ? cell : best)),
  );
}
