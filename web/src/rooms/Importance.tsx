// Importance.
import { Notice } from "../parts/controls";

export function Importance() {
  return <Notice>Not here yet.</Notice>;
}
