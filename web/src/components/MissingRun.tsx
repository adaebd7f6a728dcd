// Instead of results that no open run has: the commands that make them and open them.
import { Command, Notice } from "./controls";
import { useStore } from "../store/viewerStore";

interface Props {
  /** What no open run has, as the subject of a sentence. */
  what: string;
  /** The name of the command that measures it. */
  command: string;
  /** A name for its run. */
  run: string;
  /** What the command reads; by default the model and the speech of this run. */
  inputs?: string;
}

export function MissingRun({ what, command, run, inputs }: Props) {
  const { model, corpus } = useStore().run;
  return (
    <Notice>
      {what} are not open. Two commands measure and open them:{" "}
      <Command text={`otoscope ${command} ${inputs ?? `${quoted(model)} ${quoted(corpus)}`} -o ${run}`} />{" "}
      <Command text={`otoscope view RUN ${run}`} />
    </Notice>
  );
}

/** A name as one argument of a shell. */
const quoted = (name: string): string => (/^[\w./:@+-]+$/.test(name) ? name : `'${name.replaceAll("'", "'\\''")}'`);
