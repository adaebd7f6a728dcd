// Light or dark theme, as the system prefers.
import { signal } from "@preact/signals";
import { DARK, LIGHT, type Theme } from "../core/colour";

const prefersDark = typeof matchMedia === "function" ? matchMedia("(prefers-color-scheme: dark)") : null;
export const theme = signal<Theme>(prefersDark?.matches ? DARK : LIGHT);
prefersDark?.addEventListener("change", (event) => (theme.value = event.matches ? DARK : LIGHT));

export const LETTERS: Record<string, string> = { global: "G", vertical: "V", diagonal: "D" };
