// The utterances of a run that fulfil a filter.
import type { UtteranceContents, UtteranceInfo } from "./schema";

export interface UtteranceFilter {
  /** A part of the id. */
  find: string;
  /** A speaker; empty: any. */
  speaker: string;
  /** One of `LENGTHS`; empty: any. */
  length: string;
  /** A phone, or the beginning of a word. */
  contains: string;
}

/** Ranges of duration in seconds, from (inclusive) and to (exclusive), by their names. */
export const LENGTHS: Record<string, [from: number, to: number]> = {
  "under 3 s": [0, 3],
  "3 to 10 s": [3, 10],
  "10 to 60 s": [10, 60],
  "over 60 s": [60, Infinity],
};

/** The numbers of the utterances that fulfil a filter; without `contents`, what they contain is not checked. */
export function matching(
  utterances: readonly UtteranceInfo[],
  { find, speaker, length, contains }: UtteranceFilter,
  contents: UtteranceContents | undefined,
): number[] {
  const text = find.trim().toLowerCase();
  const [from, to] = Object.hasOwn(LENGTHS, length) ? LENGTHS[length] : [0, Infinity];
  const containing = contents && contains.trim() ? withLabel(contents, contains.trim()) : null;
  return utterances.flatMap(({ id, speaker: ownSpeaker, duration }, number) =>
    id.toLowerCase().includes(text) &&
    (!speaker || ownSpeaker === speaker) &&
    duration >= from &&
    duration < to &&
    (!containing || containing.has(number))
      ? [number]
      : [],
  );
}

/** The utterances with this phone, or with a word that begins so. */
function withLabel({ phones, words }: UtteranceContents, label: string): Set<number> {
  const begin = label.toLowerCase();
  const ofPhone = Object.hasOwn(phones, label) ? phones[label] : [];
  const ofWords = Object.entries(words).flatMap(([word, numbers]) => (word.startsWith(begin) ? numbers : []));
  return new Set([...ofPhone, ...ofWords]);
}

/** The next number of a list in a direction, from a number that is perhaps not in it; undefined at the end. */
export function nextIn(numbers: readonly number[], current: number, direction: 1 | -1): number | undefined {
  return direction > 0 ? numbers.find((number) => number > current) : numbers.findLast((number) => number < current);
}

/** Speakers with the number of their utterances, in the order of their names. */
export function speakersOf(utterances: readonly UtteranceInfo[]): [speaker: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { speaker } of utterances) if (speaker) counts.set(speaker, (counts.get(speaker) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
}
