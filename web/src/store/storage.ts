// What the browser remembers between visits; nothing where it allows no storage.

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(name, value);
  } catch {
    // the page works without it
  }
}

export function recall(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}
