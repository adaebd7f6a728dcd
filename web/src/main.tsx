// The entry point: on the page of a server, in an exported page, or in a notebook cell.
import { render } from "preact";
import { App } from "./App";
import type { Host } from "./core/client";
import { exportedHost, type ScriptFiles } from "./hosts/exported";
import { httpHost } from "./hosts/http";
import { notebookHost, type Model } from "./hosts/notebook";
import { followRestart } from "./store/restart";
import { followAddress } from "./store/addressBar";
import { openStore, StoreContext } from "./store/viewerStore";
import "./styles";

declare global {
  interface Window {
    otoscopeResources?: Record<string, string>;
    otoscopeFiles?: ScriptFiles;
  }
}

async function show(element: HTMLElement, host: Host, ownsAddress: boolean): Promise<void> {
  try {
    const store = await openStore(host);
    if (ownsAddress) followAddress(store);
    element.replaceChildren();
    render(
      <StoreContext.Provider value={store}>
        <App />
      </StoreContext.Provider>,
      element,
    );
  } catch (error) {
    const line = document.createElement("p");
    line.className = "oto-failure";
    line.textContent = `otoscope cannot show this run: ${(error as Error).message}`;
    element.replaceChildren(line);
  }
}

/** The server has set a cookie: the address that a user copies does not admit others. */
function hideToken(): void {
  if (new URLSearchParams(location.search).has("token"))
    history.replaceState(null, "", location.pathname + location.hash);
}

const page = document.getElementById("otoscope");
if (page) {
  hideToken();
  if (!window.otoscopeResources) followRestart();
  const { otoscopeResources, otoscopeFiles } = window;
  const host = otoscopeResources ? exportedHost(otoscopeResources, otoscopeFiles) : httpHost();
  void show(page, host, true);
}

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    el.classList.add("oto-notebook");
    void show(el, notebookHost(model), false);
    return () => render(null, el);
  },
};
