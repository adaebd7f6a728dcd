// An exported page: it contains responses as base64, by their resource; maps are perhaps in scripts next to it.
import { OK, RequestError, type Host } from "../core/client";

/** Scripts next to the page, by the common beginning of the resources that each contains. */
export type ScriptFiles = Record<string, string>;

export function exportedHost(resources: Record<string, string>, files: ScriptFiles = {}): Host {
  const loading = new Map<string, Promise<void>>();
  return {
    async fetch(resource) {
      const prefix = Object.keys(files).find((candidate) => resource.startsWith(`${candidate}/`));
      if (!(resource in resources) && prefix !== undefined) {
        loading.set(prefix, loading.get(prefix) ?? load(files[prefix]));
        await loading.get(prefix);
      }
      if (!(resource in resources))
        throw new RequestError("this exported page does not contain it; open the run with otoscope view");
      return { status: OK, bytes: decodeBase64(resources[resource]) };
    },
  };
}

export function decodeBase64(text: string): ArrayBuffer {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer;
}

function load(file: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = file;
    script.onload = () => resolve();
    script.onerror = () => reject(new RequestError(`${file} is missing; copy the whole exported folder`));
    document.head.append(script);
  });
}
