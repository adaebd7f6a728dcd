// The server of `otoscope view`.
import { RequestError, type Host } from "../core/client";

/** The cookie of the page authorises each request. */
export function httpHost(): Host {
  return {
    async fetch(resource) {
      const response = await fetch(`api/${resource}`, { credentials: "same-origin" }).catch(() => {
        throw new RequestError("the viewer does not respond; start otoscope view again");
      });
      return { status: response.status, bytes: await response.arrayBuffer() };
    },
  };
}
