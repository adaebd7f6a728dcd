// The server of `otoscope view`.
import { RequestError, type Host } from "../core/client";

const FORBIDDEN = 403;
const NO_SERVER = "the viewer does not respond; start it again with the same --port, and this page continues here";
const RESTARTED = "the viewer was started again; open the address that it printed, and this page continues here";

/** The cookie of the page authorises each request. */
export function httpHost(): Host {
  return {
    async fetch(resource) {
      const response = await fetch(`api/${resource}`, { credentials: "same-origin" }).catch(() => {
        throw new RequestError(NO_SERVER);
      });
      if (response.status === FORBIDDEN) throw new RequestError(RESTARTED);
      return { status: response.status, bytes: await response.arrayBuffer() };
    },
  };
}
