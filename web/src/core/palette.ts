// Colours of lines that differ for all kinds of colour vision (Okabe & Ito), on a light and a dark surface.
import { theme } from "../store/theme";

const LIGHT = ["#005ea6", "#d55e00", "#00734f", "#a0528a", "#8a6d00", "#3a8fc4", "#5a636e", "#1b1f24"];
const DARK = ["#4d9be6", "#e69f00", "#3fd6a0", "#d99ac4", "#f0e442", "#9fd3f5", "#9aa3ad", "#e8eaed"];

export const PALETTE = (): string[] => (theme.value.name === "dark" ? DARK : LIGHT);

const BY_CATEGORY: Record<string, string> = { globalness: "global", verticality: "vertical", diagonality: "diagonal" };

/** The colours of rankings: that of the category whose statistic it is, grey for a control, else one of no category. */
export function rankingColours(rankings: string[], areControls: boolean[]): string[] {
  const others = PALETTE().slice(3, 6);
  let count = 0;
  return rankings.map((name, place) => {
    if (areControls[place]) return theme.value.neutral;
    return theme.value.categories[BY_CATEGORY[name]] ?? others[count++ % others.length];
  });
}

const LIKE_CATEGORIES: Record<string, string> = { uniform: "global", vertical: "vertical", diagonal: "diagonal" };
const OTHER_SHAPES = ["mixed", "shifted diagonal", "block-diagonal"];

/** The colour of a shape: that of the category that is named like it, else one that no category has. */
export const shapeColour = (shape: string): string =>
  theme.value.categories[LIKE_CATEGORIES[shape]] ?? PALETTE()[3 + OTHER_SHAPES.indexOf(shape)];
