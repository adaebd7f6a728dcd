// Where the page begins: on a server's page, in an exported page, or in a notebook's cell.
import { render } from "preact";
import { App } from "./App";
import type { Source } from "./core/asking";
import { openViewer, ViewerContext } from "./core/viewer";
import { withinPage, type Files } from "./sources/embedded";
import { overHttp } from "./sources/http";
import { overMessages, type Model } from "./sources/notebook";
import "./style.css";

declare global {
  interface Window {
    otoscopeAnswers?: Record<string, string>;
    otoscopeFiles?: Files;
  }
}

async function show(element: HTMLElement, source: Source, addressed: boolean): Promise<void> {
  try {
    const viewer = await openViewer(source);
    if (addressed) viewer.followAddress();
    element.replaceChildren();
    render(
      <ViewerContext.Provider value={viewer}>
        <App />
      </ViewerContext.Provider>,
      element,
    );
  } catch (error) {
    const line = document.createElement("p");
    line.className = "otoscope-failed";
    line.textContent = `otoscope cannot show this run: ${(error as Error).message}`;
    element.replaceChildren(line);
  }
}

const page = document.getElementById("otoscope");
if (page) {
  const token = new URLSearchParams(location.search).get("token") ?? "";
  void show(page, window.otoscopeAnswers ? withinPage(window.otoscopeAnswers, window.otoscopeFiles) : overHttp(token), true);
}

export default {
  render({ model, el }: { model: Model; el: HTMLElement }): () => void {
    el.classList.add("otoscope-cell");
    void show(el, overMessages(model), false);
    return () => render(null, el);
  },
};
