// Compare.
import { Notice } from "../parts/controls";

export function Compare() {
  return <Notice>Not here yet.</Notice>;
}
