// The server of `otoscope view`.
import { NoAnswer, NotYet, problem, type Source } from "../core/asking";

const NOT_YET = 202;

export function overHttp(token: string): Source {
  return {
    async ask(resource) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`ask/${resource}`, { headers, credentials: "omit" }).catch(() => {
        throw new NoAnswer("the viewer does not answer any more: is otoscope view still running?");
      });
      const bytes = await response.arrayBuffer();
      if (response.status === NOT_YET) throw problem(bytes, NotYet);
      if (!response.ok) throw problem(bytes);
      return bytes;
    },
  };
}
