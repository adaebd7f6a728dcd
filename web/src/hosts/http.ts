// The server of `otoscope view`.
import { RequestError, type Host } from "../core/client";

export function httpHost(token: string): Host {
  return {
    async fetch(resource) {
      const headers = { Authorization: `Bearer ${token}` };
      const response = await fetch(`api/${resource}`, { headers, credentials: "omit" }).catch(() => {
        throw new RequestError("the viewer does not respond; start otoscope view again");
      });
      return { status: response.status, bytes: await response.arrayBuffer() };
    },
  };
}
