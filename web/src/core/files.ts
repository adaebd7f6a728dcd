// Files that the user saves.

const KEPT_MS = 10_000; // until the browser has read the content

export function save(content: Blob | string, name: string): void {
  const blob = typeof content === "string" ? new Blob([content], { type: "text/plain" }) : content;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name.replace(/[^\w.-]+/g, "-").toLowerCase();
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}
