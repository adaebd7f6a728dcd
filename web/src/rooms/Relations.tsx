// Relations.
import { Notice } from "../parts/controls";

export function Relations() {
  return <Notice>Not here yet.</Notice>;
}
