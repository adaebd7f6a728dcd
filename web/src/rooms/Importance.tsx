// Which heads matter: switch some off and see at once what changes; curves of probes; rankings against each other.
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Overview } from "../core/overview";
import type { RunInfo } from "../core/schema";
import { useViewer } from "../core/viewer";
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
          {curves.map(({ run, number }) => (
            <OfThisModel key={number} run={run}>
              <Curves number={number} />
            </OfThisModel>
          ))}
          {!curves.length && (
            <Notice>
              No curves of probes are open. Make them with otoscope prune, and name that run after this one: otoscope view
              RUN CURVES.
            </Notice>
          )}
        </div>
        <div>
          {rankings.map(({ run, number }) => (
            <OfThisModel key={number} run={run}>
              <Rankings number={number} />
            </OfThisModel>
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

/** What was measured of the model of this run; of another the heads are others, though their numbers may be the same. */
function OfThisModel({ run, children }: { run: RunInfo; children: ComponentChildren }) {
  const viewer = useViewer();
  if (run.fingerprint === viewer.run.fingerprint) return <>{children}</>;
  return (
    <Notice>
      {run.name} is of another model, {run.model}, not of the one of this run, {viewer.run.model}: open it after a run of its own.
    </Notice>
  );
}
