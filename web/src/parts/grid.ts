// Walking through a grid of cells with the arrow keys.

export function neighbour(key: string, at: number, columns: number, count: number): number {
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const next = at + (steps[key] ?? 0);
  return next >= 0 && next < count ? next : at;
}
