// Which heads matter: live ablation, scores of probes as heads are removed, rankings, and effects of restored heads.
import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Thumbnails } from "../store/thumbnails";
import type { RunInfo } from "../core/schema";
import { useStore } from "../store/viewerStore";
import { Notice } from "../components/controls";
import { MissingRun } from "../components/MissingRun";
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
          {!curves.length && <MissingRun what="Curves of probes" command="prune" run="curves" />}
        </div>
        <div>
          {rankings.map(({ run, number }) => (
            <OfThisModel key={number} run={run}>
              <Rankings number={number} />
            </OfThisModel>
          ))}
          {!rankings.length && <MissingRun what="Rankings" command="rank" run="ranked" />}
        </div>
      </div>
      {patched.map(({ run, number }) => (
        <OfThisModel key={number} run={run}>
          <PatchEffects number={number} />
        </OfThisModel>
      ))}
      {!patched.length && <MissingRun what="Effects of restored heads" command="patch" run="patched" />}
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
