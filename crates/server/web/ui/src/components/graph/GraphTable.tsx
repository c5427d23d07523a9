// The graph in words and figures: who was called, and by whom.
import "./graph.css";
import { useState } from "react";
import type { Graph } from "../../api/outline";
import { count, duration, usd, usdPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { SortHead } from "../SortHead";
import { hueOfNode } from "./facts";
import { type Figures, sortedFigures } from "./order";

function Cells({ of, places }: { of: Figures; places: number }) {
  return (
    <>
      <td className="figure end">{count(of.calls)}</td>
      <td className={of.errors > 0 ? "figure end failing" : "figure end nil"}>{count(of.errors)}</td>
      <td className="figure end wide-only">{duration(of.duration_ms)}</td>
      <td className="figure end wide-only">{of.tokens ? count(of.tokens) : "–"}</td>
      <td className="figure end">{of.cost_usd === null ? "–" : usd(of.cost_usd, places)}</td>
    </>
  );
}

function Heads({ first, sort, onSort }: { first: string; sort: string; onSort: (sort: string) => void }) {
  const columns: [string, string, string][] = [
    ["calls", t("Calls"), "end"],
    ["failed", t("Failed"), "end"],
    ["time", t("Time"), "end wide-only"],
    ["tokens", t("Tokens"), "end wide-only"],
    ["cost", t("Cost"), "end"],
  ];
  return (
    <thead>
      <tr>
        <SortHead id="name" head={first} sort={sort} onSort={onSort} ascending />
        {columns.map(([id, head, className]) => (
          <SortHead key={id} {...{ id, head, className, sort, onSort }} />
        ))}
      </tr>
    </thead>
  );
}

export function GraphTable({ graph, onPick }: { graph: Graph; onPick: (node: string) => void }) {
  const [sort, setSort] = useState("-calls");
  const places = usdPlaces(graph.nodes.map((node) => node.cost_usd));
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const nodes = sortedFigures(graph.nodes, sort, (node) => node.name);
  const edges = sortedFigures(
    graph.edges,
    sort,
    (edge) => `${names.get(edge.from) ?? edge.from} → ${names.get(edge.to) ?? edge.to}`,
  );
  return (
    <div className="graph-table" tabIndex={0} role="region" aria-label={t("The graph as tables")}>
      <table className="slip rows">
        <Heads first={t("Node")} sort={sort} onSort={setSort} />
        <tbody>
          {nodes.map((node) => (
            <tr key={node.id}>
              <th scope="row">
                <button type="button" className="graph-link" onClick={() => onPick(node.id)}>
                  <span className={`kind hue-${hueOfNode(node.kind)}`}>{node.kind}</span> {node.name}
                </button>
              </th>
              <Cells of={node} places={places} />
            </tr>
          ))}
        </tbody>
      </table>
      <table className="slip rows">
        <Heads first={t("From → to")} sort={sort} onSort={setSort} />
        <tbody>
          {edges.map((edge) => (
            <tr key={`${edge.from} ${edge.to}`}>
              <th scope="row">
                {names.get(edge.from) ?? edge.from} → {names.get(edge.to) ?? edge.to}
              </th>
              <Cells of={edge} places={places} />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
