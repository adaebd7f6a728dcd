// How heads form over the steps of a training: maps of all heads at a step, statistics and shapes over the steps.
import { useStore } from "../store/viewerStore";
import { Command, Notice } from "../components/controls";
import { Formation } from "../components/Formation";

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
        <Notice>
          No training is open. Measure its checkpoints with otoscope dynamics, and name that run after this one:{" "}
          <Command text="otoscope view RUN DYNAMICS" />
        </Notice>
      )}
    </section>
  );
}
