// Answers that were written into an exported page, each as base64 under its question; maps perhaps in scripts beside it.
import { NoAnswer, type Source } from "../core/asking";

/** Script beside the page that holds the answers to all questions that begin so. */
export type Files = Record<string, string>;

export function withinPage(answers: Record<string, string>, files: Files = {}): Source {
  const loading = new Map<string, Promise<void>>();
  return {
    async ask(resource) {
      const prefix = resource.split("/").slice(0, 5).join("/");
      if (!(resource in answers) && prefix in files) {
        loading.set(prefix, loading.get(prefix) ?? load(files[prefix]));
        await loading.get(prefix);
      }
      if (!(resource in answers)) throw new NoAnswer("this exported page does not hold it; open the run with otoscope view");
      return decoded(answers[resource]);
    },
  };
}

export function decoded(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

function load(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = file;
    script.onload = () => resolve();
    script.onerror = () => reject(new NoAnswer(`${file} is missing beside this page`));
    document.head.append(script);
  });
}
