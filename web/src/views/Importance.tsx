// Which heads matter: live ablation, scores of probes as heads are removed, rankings, and effects of restored heads.
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Thumbnails } from "../store/thumbnails";
import type { RunInfo } from "../core/schema";
import { useStore } from "../store/viewerStore";
import { Command, Notice } from "../components/controls";
import { Ablation } from "../components/Ablation";
import { PatchEffects } from "../components/PatchEffects";
import { ProbeCurves } from "../components/ProbeCurves";
import { Rankings } from "../components/Rankings";

export function Importance({ thumbnails }: { thumbnails: Signal<Thumbnails> }) {
  const store = useStore();
  const numbered = store.runList.runs.map((run, number) => ({ run, number }));
  const curves = numbered.filter(({ run }) => run.kind === "curves");
  const patched = numbered.filter(({ run }) => run.kind === "patching");
  const ranked = numbered.filter(({ run }) => run.variables.some(({ name }) => name === "rank"));
  const rankings = ranked.some(({ run }) => run.kind === "ranking")
    ? ranked.filter(({ run }) => run.kind === "ranking")
    : ranked;
  return (
    <section class="oto-importance-view" aria-label="Importance">
      <Ablation thumbnails={thumbnails} />
      <div class="oto-two">
        <div>
          {curves.map(({ run, number }) => (
            <OfThisModel key={number} run={run}>
              <ProbeCurves number={number} />
            </OfThisModel>
          ))}
          {!curves.length && (
            <Notice>
              No curves of probes are open. Make them with otoscope prune, and name that run after this one:{" "}
              <Command text="otoscope view RUN CURVES" />
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
              No rankings are open. Make them with otoscope rank, and name that run after this one:{" "}
              <Command text="otoscope view RUN RANKING" />
            </Notice>
          )}
        </div>
      </div>
      {patched.map(({ run, number }) => (
        <OfThisModel key={number} run={run}>
          <PatchEffects number={number} />
        </OfThisModel>
      ))}
      {!patched.length && (
        <Notice>
          No effects of restored heads are open. Make them with otoscope patch, and name that run after this one:{" "}
          <Command text="otoscope view RUN PATCHED" />
        </Notice>
      )}
      <p class="oto-hint">{store.run.no_model_reason}</p>
    </section>
  );
}

/** Results for the model of this run; heads of another model are different ones, even with the same numbers. */
function OfThisModel({ run, children }: { run: RunInfo; children: ComponentChildren }) {
  const store = useStore();
  if (run.fingerprint === store.run.fingerprint) return <>{children}</>;
  return (
    <Notice>
      {run.name} is of another model, {run.model}, not of the one of this run, {store.run.model}: open it after a run of
      its own.
    </Notice>
  );
}
