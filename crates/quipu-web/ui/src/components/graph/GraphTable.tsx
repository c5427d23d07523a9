// The graph in words and figures: who was called, and by whom.
import "./graph.css";
import type { Graph } from "../../api/outline";
import { count, duration, usd, usdPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOfNode } from "./facts";

interface Figures {
  calls: number;
  errors: number;
  tokens: number | null;
  cost_usd: string | null;
  duration_ms: number | null;
}

function Cells({ of, places }: { of: Figures; places: number }) {
  return (
    <>
      <td className="figure end">{count(of.calls)}</td>
      <td className={of.errors > 0 ? "figure end failing" : "figure end nil"}>{count(of.errors)}</td>
      <td className="figure end">{duration(of.duration_ms)}</td>
      <td className="figure end wide-only">{of.tokens ? count(of.tokens) : "–"}</td>
      <td className="figure end">{of.cost_usd === null ? "–" : usd(of.cost_usd, places)}</td>
    </>
  );
}

function Heads({ first }: { first: string }) {
  return (
    <thead>
      <tr>
        <th scope="col">{first}</th>
        <th scope="col" className="end">
          {t("Calls")}
        </th>
        <th scope="col" className="end">
          {t("Failed")}
        </th>
        <th scope="col" className="end">
          {t("Time")}
        </th>
        <th scope="col" className="end wide-only">
          {t("Tokens")}
        </th>
        <th scope="col" className="end">
          {t("Cost")}
        </th>
      </tr>
    </thead>
  );
}

export function GraphTable({ graph, onPick }: { graph: Graph; onPick: (node: string) => void }) {
  const places = usdPlaces(graph.nodes.map((node) => node.cost_usd));
  const names = new Map(graph.nodes.map((node) => [node.id, node.name]));
  const nodes = [...graph.nodes].sort((a, b) => b.calls - a.calls);
  const edges = [...graph.edges].sort((a, b) => b.calls - a.calls);
  return (
    <div className="graph-table" tabIndex={0} role="region" aria-label={t("The graph as tables")}>
      <table className="slip rows">
        <Heads first={t("Who")} />
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
        <Heads first={t("From → to")} />
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
