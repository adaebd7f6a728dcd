// Answers that were written into an exported page, each as base64 under its question.
import { NoAnswer, type Source } from "../core/asking";

export function withinPage(answers: Record<string, string>): Source {
  return {
    async ask(resource) {
      if (!(resource in answers)) throw new NoAnswer("this exported page does not hold it; open the run with otoscope view");
      const text = atob(answers[resource]);
      return Uint8Array.from(text, (letter) => letter.charCodeAt(0)).buffer;
    },
  };
}
