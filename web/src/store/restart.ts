// A server that was started again on its port: the page of the old one continues at the new one.
import { remember } from "./storage";

const SERVER = "otoscope-folder";

/** Say to the pages of an earlier server where the new one is. */
export function followRestart(): void {
  remember(SERVER, location.pathname);
  addEventListener("storage", ({ key, newValue }) => {
    if (key === SERVER && newValue && /^\/[\w/.~-]*$/.test(newValue) && newValue !== location.pathname)
      location.replace(newValue + location.hash);
  });
}
