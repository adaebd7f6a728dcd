// Which heads matter: switch some off and see at once what changes; curves of probes; rankings against each other.
import type { Signal } from "@preact/signals";
import { useViewer } from "../core/viewer";
import type { Overview } from "../core/overview";
import { Notice } from "../parts/controls";
import { Ablation } from "./Ablation";
import { Curves } from "./Curves";
import { Rankings } from "./Rankings";

export function Importance({ overview }: { overview: Signal<Overview> }) {
  const viewer = useViewer();
  const numbered = viewer.catalogue.runs.map((run, number) => ({ run, number }));
  const curves = numbered.filter(({ run }) => run.variables.some(({ name }) => name === "score_interval"));
  const ranked = numbered.filter(({ run }) => run.variables.some(({ name }) => name === "rank"));
  const rankings = ranked.some(({ run }) => run.kind === "ranking") ? ranked.filter(({ run }) => run.kind === "ranking") : ranked;
  return (
    <section class="importance-room" aria-label="Importance">
      <Ablation overview={overview} />
      <div class="two">
        <div>
          {curves.map(({ number }) => (
            <Curves key={number} number={number} />
          ))}
          {!curves.length && (
            <Notice>
              No curves of probes are open. Make them with otoscope prune, and name that run after this one: otoscope view
              RUN CURVES.
            </Notice>
          )}
        </div>
        <div>
          {rankings.map(({ number }) => (
            <Rankings key={number} number={number} />
          ))}
          {!rankings.length && (
            <Notice>
              No rankings are open. Make them with otoscope rank, and name that run after this one: otoscope view RUN
              RANKING.
            </Notice>
          )}
        </div>
      </div>
      <p class="hint">{viewer.run.modelless}</p>
    </section>
  );
}
