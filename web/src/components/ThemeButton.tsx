// A button that changes the theme: as the system, light, dark.
import { chooseTheme, THEME_CHOICES, themeChoice } from "../store/theme";

const SIGNS = { system: "◐", light: "☀", dark: "☾" };

export function ThemeButton() {
  const choice = themeChoice.value;
  const next = THEME_CHOICES[(THEME_CHOICES.indexOf(choice) + 1) % THEME_CHOICES.length];
  const name = `Theme: ${choice}; change to ${next}`;
  return (
    <button type="button" class="oto-round" aria-label={name} title={name} onClick={() => chooseTheme(next)}>
      {SIGNS[choice]}
    </button>
  );
}
