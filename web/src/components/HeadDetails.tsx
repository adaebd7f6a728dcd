// Details of a head: its category, its statistics with intervals, and its attention by offset.
import { routes } from "../core/routes";
import * as Plot from "@observablehq/plot";
import type { ComponentChildren } from "preact";
import { floats, type ArrayBlock } from "../core/arrayFormat";
import type { UtterancePlayer } from "../store/player";
import { columnLabel, fixed } from "../core/heads";
import { decimals, groupValues, shareBelow } from "../core/valueGroups";
import { theme } from "../store/theme";
import { useQuery } from "../hooks/useQuery";
import { useStore } from "../store/viewerStore";
import { Figure } from "./Figure";
import { Operations } from "./Operations";
import { categoryColour } from "./Tracks";

const CATEGORY_OF = { globalness: "global", verticality: "vertical", diagonality: "diagonal" };
const WIDEST = 40; // frames to each side of the offset profile

interface Props {
  preview?: ComponentChildren;
  children?: ComponentChildren;
}

export function HeadDetails({ preview, children }: Props) {
  const store = useStore();
  const head = store.selectedHead.value;
  const table = useQuery(() => store.client.arrays(routes.heads(0)), []);
  return (
    <aside class="oto-facts" aria-label="This head">
      <h2>
        Layer {head.layer}, head {head.head} <span class={`oto-badge oto-${head.category}`}>{head.category}</span>
      </h2>
      {head.shape && (
        <p class="oto-hint" title="What this head looks like by itself, independent of the other heads">
          Shape by itself: <b>{head.shape}</b>
        </p>
      )}
      {table.value.value && <Ranks table={table.value.value} />}
      {preview}
      {table.value.value && <Numbers table={table.value.value} />}
      <Profile />
      {children}
      {head.operations.length > 0 && (
        <>
          <h3>Operations</h3>
          <Operations names={head.operations} />
        </>
      )}
    </aside>
  );
}

function Ranks({ table }: { table: ArrayBlock }) {
  const store = useStore();
  const index = store.run.heads.indexOf(store.selectedHead.value);
  const ranks = Object.entries(CATEGORY_OF).flatMap(([statistic, category]) => {
    const rank = table.arrays[`${statistic}_rank`]?.values[index];
    return rank === undefined ? [] : [{ category, rank }];
  });
  if (!ranks.length) return null;
  return (
    <p class="oto-ranks" title="Place among all heads by globalness, verticality and diagonality; 1 is the highest">
      Place among {store.run.heads.length} heads:{" "}
      {ranks.map(({ category, rank }) => (
        <span key={category}>
          <span class={`oto-badge oto-${category}`}>{category}</span> {rank}
        </span>
      ))}
    </p>
  );
}

function Numbers({ table }: { table: ArrayBlock }) {
  return (
    <>
      {groupValues(table).map(([title, names], group) => (
        <details class="oto-values" key={title} open={group === 0}>
          <summary>{title}</summary>
          <table class="oto-numbers">
            {group === 0 && (
              <thead>
                <tr>
                  <th scope="col">statistic</th>
                  <th scope="col">value</th>
                  <th scope="col">95 % interval; bar: rank</th>
                </tr>
              </thead>
            )}
            <tbody>
              {names.map((name) => (
                <Value key={name} table={table} name={name} />
              ))}
            </tbody>
          </table>
        </details>
      ))}
    </>
  );
}

function Value({ table, name }: { table: ArrayBlock; name: string }) {
  const store = useStore();
  const index = store.run.heads.indexOf(store.selectedHead.value);
  const [value, low, high] = ["", "_low", "_high"].map((end) => table.arrays[name + end]?.values[index] ?? NaN);
  const digits = decimals(table, name);
  const share = shareBelow(table, name, index);
  const isShare = name === "category_agreement" && Number.isFinite(value);
  const place = `higher than ${Math.round(100 * share)} % of the other heads`;
  return (
    <tr title={store.run.variables.find((variable) => variable.name === name)?.doc}>
      <th scope="row">{columnLabel(name)}</th>
      <td>{isShare ? `${Math.round(100 * value)} %` : fixed(value, digits)}</td>
      <td class="oto-interval">
        {Number.isFinite(low) && Number.isFinite(high) && `${fixed(low, digits)} to ${fixed(high, digits)}`}
        {Number.isFinite(share) && (
          <span class="oto-rank" style={{ "--share": share }} role="img" aria-label={place} title={place} />
        )}
      </td>
    </tr>
  );
}

function Profile() {
  const store = useStore();
  const variable = store.run.variables.find(({ name }) => name === "offset_profile");
  const profile = useQuery(() => store.client.arrays(routes.variable(0, "offset_profile")), []);
  if (!variable || !profile.value.value) return null;
  const { layer, head } = store.selectedHead.value;
  const [, heads, count] = variable.shape;
  const offsets = store.run.labels.offset.map(Number);
  const row = floats(profile.value.value, "offset_profile").subarray(
    (layer * heads + head) * count,
    (layer * heads + head + 1) * count,
  );
  const period = store.run.frame_period * 1000;
  const points = offsets
    .map((offset, i) => ({ offset_ms: offset * period, attention: row[i] }))
    .filter(({ offset_ms }) => Math.abs(offset_ms) <= WIDEST * period);
  const colour = categoryColour(store);
  return (
    <Figure
      title="Attention by offset"
      keys={[store.selectedHead.value, profile.value.value]}
      table={() => points}
      options={() => ({
        height: 132,
        marginLeft: 44,
        marginBottom: 32,
        x: { label: "key − query (ms)", ticks: 5 },
        y: { label: "mean attention", ticks: 3, grid: true },
        marks: [
          Plot.ruleX([0], { stroke: theme.value.quiet, strokeDasharray: "2,3" }),
          Plot.areaY(points, { x: "offset_ms", y: "attention", fill: colour, fillOpacity: 0.2 }),
          Plot.lineY(points, { x: "offset_ms", y: "attention", stroke: colour, strokeWidth: 1.5 }),
        ],
      })}
    />
  );
}

/** Phones of the utterance; a click on one selects its frames as queries. */
export function Phones({ player }: { player: UtterancePlayer }) {
  const { phone, query } = player.store.state;
  const symbols = [...new Map(player.labels.detail.value.phones.map((span) => [span.folded, span.group])).entries()];
  if (!player.labels.ready.value) return null;
  if (!symbols.length) return <p class="oto-hint">This utterance has no phone labels here.</p>;
  const choose = (symbol: string) => {
    query.value = null;
    phone.value = phone.value === symbol ? "" : symbol;
  };
  return (
    <div class="oto-phones" role="group" aria-label="Phones of this utterance">
      <h3>Queries by phone</h3>
      {symbols.map(([symbol, group]) => (
        <button
          type="button"
          key={symbol}
          aria-pressed={phone.value === symbol}
          title={group}
          onClick={() => choose(symbol)}
        >
          {symbol}
        </button>
      ))}
    </div>
  );
}
