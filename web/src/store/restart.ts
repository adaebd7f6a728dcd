// A server that was started again on its port: the page of the old one continues at the new one.

const SERVER = "otoscope-folder";

/** Say to the pages of an earlier server where the new one is. */
export function followRestart(): void {
  try {
    localStorage.setItem(SERVER, location.pathname);
  } catch {
    return; // the browser allows no storage
  }
  addEventListener("storage", ({ key, newValue }) => {
    if (key === SERVER && newValue && /^\/[\w/.~-]*$/.test(newValue) && newValue !== location.pathname)
      location.replace(newValue + location.hash);
  });
}
