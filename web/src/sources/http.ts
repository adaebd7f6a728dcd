// The server of `otoscope view`.
import { NoAnswer, NotYet, problem, type Source } from "../core/asking";

const NOT_YET = 503;

export function overHttp(token: string): Source {
  return {
    async ask(resource) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`ask/${resource}`, { headers, credentials: "omit" });
      const bytes = await response.arrayBuffer();
      if (!response.ok) throw problem(bytes, response.status === NOT_YET ? NotYet : NoAnswer);
      return bytes;
    },
  };
}
