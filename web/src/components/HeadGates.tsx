// Sliders for the scale and the temperature of each chosen head, and of all of them together.
import { batch } from "@preact/signals";
import { commonGate, readGates, UNCHANGED, writeGates, type Gate, type Gates } from "../core/gates";
import { useStore } from "../store/viewerStore";

const SLIDERS = [
  { part: "scale", from: 0, to: 200 },
  { part: "temperature", from: 20, to: 400 },
] as const; // in percent
const STEP = 5;

/** Nothing where heads are replaced instead. */
export function HeadGates() {
  const { off, kind, gates: own } = useStore().state;
  const common = commonGate(kind.value);
  if (!common) return null;
  if (!off.value.length) return <p class="oto-hint">Click heads: each has its own scale and temperature.</p>;
  const gates = readGates({ kind: kind.value, own: own.value }, [...off.value].sort(byNumber));
  const set = (changed: Gates, shared: Gate) =>
    batch(() => ({ kind: kind.value, own: own.value } = writeGates(changed, shared)));
  const setAll = (change: Partial<Gate>) =>
    set(new Map([...gates].map(([head, gate]) => [head, { ...gate, ...change }])), { ...common, ...change });
  return (
    <div class="oto-gates">
      <table>
        <thead>
          <tr>
            <th scope="col">head</th>
            <th scope="col">scale</th>
            <th scope="col">temperature</th>
            <td />
          </tr>
        </thead>
        <tbody>
          {gates.size > 1 && <Row name="all" gates={[...gates.values()]} onChange={setAll} />}
          {[...gates].map(([head, gate]) => (
            <Row
              key={head}
              name={head}
              gates={[gate]}
              onChange={(change) => set(new Map(gates).set(head, { ...gate, ...change }), common)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  name: string;
  /** One, or those of all heads. */
  gates: Gate[];
  onChange: (change: Partial<Gate>) => void;
}

function Row({ name, gates, onChange }: RowProps) {
  const whose = name === "all" ? "all heads" : `head ${name}`;
  const isChanged = gates.some((gate) => SLIDERS.some(({ part }) => gate[part] !== UNCHANGED[part]));
  return (
    <tr>
      <th scope="row">{name}</th>
      {SLIDERS.map(({ part, from, to }) => {
        const values = new Set(gates.map((gate) => gate[part]));
        const text = values.size > 1 ? "mixed" : (gates[0][part] / 100).toFixed(2);
        return (
          <td key={part}>
            <label>
              <input
                type="range"
                aria-label={`${part} of ${whose}`}
                aria-valuetext={text}
                min={from}
                max={to}
                step={STEP}
                value={gates[0][part]}
                onInput={(event) => onChange({ [part]: Number(event.currentTarget.value) })}
              />
              <span>{text}</span>
            </label>
          </td>
        );
      })}
      <td>
        <button
          type="button"
          title="scale and temperature of 1, as in the model"
          aria-label={`reset ${whose}`}
          disabled={!isChanged}
          onClick={() => onChange(UNCHANGED)}
        >
          reset
        </button>
      </td>
    </tr>
  );
}

function byNumber(one: string, other: string): number {
  const [layer, head] = one.split(".").map(Number);
  const [otherLayer, otherHead] = other.split(".").map(Number);
  return layer - otherLayer || head - otherHead;
}
