// How heads form over the steps of a training: maps of all heads at a step, statistics and shapes over the steps.
import { useStore } from "../store/viewerStore";
import { Formation } from "../components/Formation";
import { MissingRun } from "../components/MissingRun";

export function Training() {
  const store = useStore();
  const trainings = store.runList.runs
    .map((run, number) => ({ run, number }))
    .filter(({ run }) => run.kind === "dynamics");
  return (
    <section class="oto-training-view" aria-label="Training">
      {trainings.map(({ run, number }) => (
        <Formation key={number} run={run} number={number} />
      ))}
      {!trainings.length && (
        <MissingRun what="Measures of a training" command="dynamics" run="dynamics" inputs="CHECKPOINTS" />
      )}
    </section>
  );
}
