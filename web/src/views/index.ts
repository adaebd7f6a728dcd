// The views of the page, in the order of their tabs. A new view needs a row here.
import type { Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Thumbnails } from "../store/thumbnails";
import { Atlas } from "./Atlas";
import { Compare } from "./Compare";
import { Head } from "./Head";
import { Heads } from "./Heads";
import { Importance } from "./Importance";
import { Relations } from "./Relations";
import { Training } from "./Training";

export interface ViewProps {
  /** Thumbnails of all heads on the selected utterance. */
  thumbnails: Signal<Thumbnails>;
}

export const VIEWS: Record<string, ComponentType<ViewProps>> = {
  atlas: Atlas,
  head: Head,
  heads: Heads,
  relations: Relations,
  importance: Importance,
  training: Training,
  compare: Compare,
};
