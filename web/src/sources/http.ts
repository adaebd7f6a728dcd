// The server of `otoscope view`.
import { problem, type Source } from "../core/asking";

export function overHttp(token: string): Source {
  return {
    async ask(resource) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`ask/${resource}`, { headers, credentials: "omit" });
      const bytes = await response.arrayBuffer();
      if (!response.ok) throw problem(bytes);
      return bytes;
    },
  };
}
