// Light or dark theme, as the user has chosen or as the system prefers.
import { computed, signal } from "@preact/signals";
import { DARK, LIGHT, type Theme } from "../core/colour";
import { recall, remember } from "./storage";

export const THEME_CHOICES = ["system", "light", "dark"] as const;
export type ThemeChoice = (typeof THEME_CHOICES)[number];

const STORED = "otoscope-theme";
const media = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
const systemIsDark = signal(media?.matches ?? false);
media?.addEventListener("change", (event) => (systemIsDark.value = event.matches));

export const themeChoice = signal<ThemeChoice>(
  THEME_CHOICES.find((choice) => choice === recall(STORED)) ?? THEME_CHOICES[0],
);
export const theme = computed<Theme>(() => {
  const isDark = themeChoice.value === "system" ? systemIsDark.value : themeChoice.value === "dark";
  return isDark ? DARK : LIGHT;
});

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.value = choice;
  remember(STORED, choice);
}

export const LETTERS: Record<string, string> = { global: "G", vertical: "V", diagonal: "D" };
