// The map of one head on one utterance, as tiles that are requested when they become visible.
import { signal } from "@preact/signals";
import { CancelledError, type ApiClient } from "./client";
import { floats } from "./arrayFormat";
import { paint, WEIGHTS, type Painting } from "./colour";
import { TILE } from "./schema";
import { levels, type Place } from "./tiles";

const RETRY_MS = 2000; // after which a tile is requested again that failed and is visible

interface Tile {
  code: Uint8Array;
  peak: Float32Array;
  columns: number;
  highest: number;
  image: HTMLCanvasElement | null;
  painted: string;
}

export class AttentionMap {
  /** Increases with each tile that arrives, so that drawings of the map are repeated. */
  readonly version = signal(0);
  readonly error = signal("");
  /** Whether a view shows the map; requests of other maps are cancelled. */
  isNeeded = true;
  private tiles = new Map<string, Tile>();
  private requests = new Map<string, Promise<void>>();

  constructor(
    private client: ApiClient,
    private resource: (level: number, row: number, column: number) => string,
    readonly frames: number,
  ) {}

  /** Why the map waits; empty where it does not. */
  get waiting(): string {
    const tile = this.resource(0, 0, 0);
    return this.client.waitingFor(tile.slice(0, -"0/0/0".length)); // any level, row and column
  }

  get coarsest(): number {
    return levels(this.frames) - 1;
  }

  /** A tile, or undefined until it arrives; it is requested then. */
  tile(place: Place): Tile | undefined {
    const tile = this.tiles.get(keyOf(place));
    if (!tile) void this.ensureTile(place);
    return tile;
  }

  /** The pixels of a tile in these colours. */
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

  /** Attention of one query over all keys; coarse until the finest tiles arrive. */
  row(query: number): Float32Array {
    const row = new Float32Array(this.frames);
    for (let from = 0; from < this.frames; from += TILE) {
      const fine = this.tile({ level: 0, row: Math.floor(query / TILE), column: from / TILE });
      if (fine) decode(row, from, fine, query % TILE);
      else this.coarseRow(row, from, query);
    }
    return row;
  }

  /** Wait for the finest tiles and return the attention of one query over all keys. */
  async fineRow(query: number): Promise<Float32Array> {
    const columns = Array.from({ length: Math.ceil(this.frames / TILE) }, (_, column) => column);
    await Promise.all(columns.map((column) => this.ensureTile({ level: 0, row: Math.floor(query / TILE), column })));
    return this.row(query);
  }

  private coarseRow(row: Float32Array, from: number, query: number): void {
    const block = 2 ** this.coarsest;
    const tile = this.tiles.get(keyOf({ level: this.coarsest, row: 0, column: 0 }));
    if (!tile) return;
    for (let key = from; key < Math.min(from + TILE, this.frames); key++)
      row[key] = WEIGHTS[tile.code[Math.floor(query / block) * tile.columns + Math.floor(key / block)]];
  }

  private ensureTile(place: Place): Promise<void> {
    const key = keyOf(place);
    const request = this.requests.get(key) ?? this.fetch(place);
    this.requests.set(key, request);
    return request;
  }

  private async fetch(place: Place): Promise<void> {
    const key = keyOf(place);
    try {
      const resource = this.resource(place.level, place.row, place.column);
      const block = await this.client.arrays(resource, () => this.isNeeded);
      const { values, shape } = block.arrays.code;
      const highest = block.attributes.highest as number;
      const tile = { code: values as Uint8Array, peak: floats(block, "peak"), columns: shape[1], highest };
      this.tiles.set(key, { ...tile, image: null, painted: "" });
      this.error.value = "";
      this.version.value++;
    } catch (error) {
      if (error instanceof CancelledError) return void this.requests.delete(key);
      this.error.value = (error as Error).message;
      setTimeout(() => this.requests.delete(key), RETRY_MS);
    }
  }
}

const keyOf = ({ level, row, column }: Place): string => `${level}/${row}/${column}`;

function decode(row: Float32Array, from: number, tile: Tile, line: number): void {
  for (let column = 0; column < tile.columns; column++)
    row[from + column] = WEIGHTS[tile.code[line * tile.columns + column]];
}
