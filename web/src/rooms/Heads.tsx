// Heads.
import { Notice } from "../parts/controls";

export function Heads() {
  return <Notice>Not here yet.</Notice>;
}
