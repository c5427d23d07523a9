// One node of the map: what it did, with whom, and the way to its traces.
import type { Graph, GraphEdge, GraphNode } from "../../api/outline";
import { factsOf } from "../../components/graph/facts";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { percent, usdPlaces } from "../../lib/format";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { useKeys } from "../../state/keys";
import { setParams } from "../../state/url";

/** Kinds that the filter knows by the same word. */
const FILTERED = ["service", "agent", "tool", "model"];

interface Props {
  node: GraphNode;
  /** Whether the map shows this node and its neighbours only. */
  focused: boolean;
  graph: Graph;
  onPick: (id: string) => void;
  close: () => void;
}

export function NodePanel({ node, focused, graph, onPick, close }: Props) {
  useKeys({
    Escape: (event) => {
      event.preventDefault();
      close();
    },
  });
  const narrowed = FILTERED.includes(node.kind) ? { [node.kind]: node.name } : null;
  const places = usdPlaces([node.cost_usd]);
  return (
    <aside className="map-panel" aria-label={node.name}>
      <header>
        <div>
          <span className="muted">{node.kind}</span>
          <h2>{node.name}</h2>
        </div>
        <button type="button" className="icon-button push" aria-label={t("Close")} onClick={close}>
          <Icon name="close" />
        </button>
      </header>
      <p className="figure">{factsOf(node, places).join(" · ")}</p>
      {node.errors > 0 && node.calls > 0 ? (
        <p className="failing">
          {t("{share} of its calls failed", { share: percent(node.errors / node.calls) })}
        </p>
      ) : null}
      <p className="map-links">
        <button
          type="button"
          className="button"
          aria-pressed={focused}
          onClick={() => setParams({ focus: focused ? null : node.id, view: null }, { replace: true })}
        >
          {focused ? t("Show all nodes") : t("Focus")}
        </button>
      </p>
      {narrowed ? (
        <p className="map-links">
          <Link href={filterHref("/traces", narrowed)}>{t("Its traces")}</Link>
          {node.errors > 0 ? (
            <Link href={filterHref("/traces", { ...narrowed, errors: ">0" })}>{t("Only with failures")}</Link>
          ) : null}
        </p>
      ) : null}
      <Edges
        title={t("Called by")}
        edges={graph.edges.filter(({ to }) => to === node.id)}
        end="from"
        {...{ graph, onPick }}
      />
      <Edges
        title={t("Calls")}
        edges={graph.edges.filter(({ from }) => from === node.id)}
        end="to"
        {...{ graph, onPick }}
      />
    </aside>
  );
}

interface EdgesProps {
  title: string;
  edges: readonly GraphEdge[];
  end: "from" | "to";
  graph: Graph;
  onPick: (id: string) => void;
}

function Edges({ title, edges, end, graph, onPick }: EdgesProps) {
  if (edges.length === 0) return null;
  const names = new Map(graph.nodes.map(({ id, name }) => [id, name]));
  const places = usdPlaces(edges.map((edge) => edge.cost_usd));
  return (
    <section>
      <h3>{title}</h3>
      <ul>
        {[...edges]
          .sort((a, b) => b.calls - a.calls)
          .map((edge) => (
            <li key={edge[end]}>
              <button type="button" className="quiet-button" onClick={() => onPick(edge[end])}>
                {names.get(edge[end]) ?? edge[end]}
              </button>
              <span className="figure muted">{factsOf(edge, places).join(" · ")}</span>
            </li>
          ))}
      </ul>
    </section>
  );
}
