// One head's map on one utterance, as tiles that arrive when they are looked at.
import { signal } from "@preact/signals";
import type { Asking } from "./asking";
import { floats } from "./block";
import { paint, WEIGHTS, type Painting } from "./colour";
import { TILE } from "./schema";
import { levels, type Place } from "./tiles";

const AGAIN = 2000; // ms after which a tile that failed is asked for again when it is looked at

interface Tile {
  code: Uint8Array;
  peak: Float32Array;
  columns: number;
  highest: number;
  image: HTMLCanvasElement | null;
  painted: string;
}

export class AttentionMap {
  /** Grows with every tile that arrives: what draws the map reads it. */
  readonly arrived = signal(0);
  readonly failed = signal("");
  private tiles = new Map<string, Tile>();
  private asked = new Map<string, Promise<void>>();

  constructor(
    private asking: Asking,
    private resource: string,
    readonly frames: number,
  ) {}

  get coarsest(): number {
    return levels(this.frames) - 1;
  }

  /** A tile, if it is there; asked for if not. */
  tile(place: Place): Tile | undefined {
    const key = `${place.level}/${place.row}/${place.column}`;
    const found = this.tiles.get(key);
    if (!found) void this.have(key);
    return found;
  }

  /** The picture of a tile in these colours. */
  image(tile: Tile, painting: Omit<Painting, "highest">, name: string): HTMLCanvasElement {
    if (tile.image && tile.painted === name) return tile.image;
    const image = tile.image ?? document.createElement("canvas");
    image.width = tile.columns;
    image.height = tile.code.length / tile.columns;
    const pixels = paint(tile.code, tile.columns, tile.peak, { ...painting, highest: tile.highest });
    const data = new ImageData(new Uint8ClampedArray(pixels.buffer as ArrayBuffer), image.width, image.height);
    image.getContext("2d")!.putImageData(data, 0, 0);
    tile.image = image;
    tile.painted = name;
    return image;
  }

  /** Attention of one query over all keys; coarse where the finest tiles have not arrived yet. */
  row(query: number): Float32Array {
    const row = new Float32Array(this.frames);
    for (let from = 0; from < this.frames; from += TILE) {
      const fine = this.tile({ level: 0, row: Math.floor(query / TILE), column: from / TILE });
      if (fine) decode(row, from, fine, query % TILE);
      else this.coarseRow(row, from, query);
    }
    return row;
  }

  /** The same, once the finest tiles are there. */
  async fineRow(query: number): Promise<Float32Array> {
    const columns = Array.from({ length: Math.ceil(this.frames / TILE) }, (_, column) => column);
    await Promise.all(columns.map((column) => this.have(`0/${Math.floor(query / TILE)}/${column}`)));
    return this.row(query);
  }

  private coarseRow(row: Float32Array, from: number, query: number): void {
    const block = 2 ** this.coarsest;
    const tile = this.tiles.get(`${this.coarsest}/0/0`);
    if (!tile) return;
    for (let key = from; key < Math.min(from + TILE, this.frames); key++)
      row[key] = WEIGHTS[tile.code[Math.floor(query / block) * tile.columns + Math.floor(key / block)]];
  }

  private have(key: string): Promise<void> {
    const asked = this.asked.get(key) ?? this.fetch(key);
    this.asked.set(key, asked);
    return asked;
  }

  private async fetch(key: string): Promise<void> {
    try {
      const block = await this.asking.block(`${this.resource}/${key}`);
      const { values, shape } = block.arrays.code;
      const highest = block.about.highest as number;
      const tile = { code: values as Uint8Array, peak: floats(block, "peak"), columns: shape[1], highest };
      this.tiles.set(key, { ...tile, image: null, painted: "" });
      this.failed.value = "";
      this.arrived.value++;
    } catch (error) {
      this.failed.value = (error as Error).message;
      setTimeout(() => this.asked.delete(key), AGAIN);
    }
  }
}

function decode(row: Float32Array, from: number, tile: Tile, line: number): void {
  for (let column = 0; column < tile.columns; column++) row[from + column] = WEIGHTS[tile.code[line * tile.columns + column]];
}
