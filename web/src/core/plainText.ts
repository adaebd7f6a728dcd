// Names from files as text that cannot change the text around it.

/** Controls of direction and invisible characters, which make one name look like another. */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\u{e0000}-\u{e007f}]/gu;
const ISOLATE = "\u2068";
const END = "\u2069";

/** A name with each hidden character as its number, in a direction of its own. */
export const isolated = (name: string): string => `${ISOLATE}${visible(name)}${END}`;

/** A name with each hidden character as its number. */
export const visible = (name: string): string =>
  name.replace(HIDDEN, (character) => `<U+${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0")}>`);
