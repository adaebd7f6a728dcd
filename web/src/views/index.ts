// The views of the page, in the order of their tabs. A new view needs a row here.
import type { Signal } from "@preact/signals";
import type { ComponentType } from "preact";
import type { Thumbnails } from "../store/thumbnails";
import { Atlas } from "./Atlas";
import { Compare } from "./Compare";
import { Decoder } from "./Decoder";
import { Head } from "./Head";
import { Distribution } from "./Distribution";
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
  distribution: Distribution,
  relations: Relations,
  importance: Importance,
  decoder: Decoder,
  training: Training,
  compare: Compare,
};

/** What each view answers, for the help and for the tabs. */
export const VIEW_HINTS: Record<string, string> = {
  atlas: "all heads at a glance",
  head: "one head on one utterance: its map, and what a moment attends to",
  distribution: "two statistics of all heads against each other",
  relations: "which phones a head attends to",
  importance: "what changes without some heads",
  decoder: "what the tokens of a decoder attend to in the sound",
  training: "when heads form over the steps of a training",
  compare: "two heads of one run, or one head in two runs",
};
