// Who called whom in this trace: agents, tools and models, with counts, time and money on what runs between them.
import { useMemo } from "react";
import { type Graph, useTraceGraph } from "../../api/outline";
import { Drawing, type NodeState } from "../../components/graph/Drawing";
import { GraphTable } from "../../components/graph/GraphTable";
import { MOST_NODES } from "../../components/graph/layout";
import { Failure, Loading } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import type { Outline } from "../../lib/outline";
import { setParams, usePlace } from "../../state/url";
import { rowsOfNode } from "./found";

interface Props {
  traceId: string;
  outline: Outline;
  loaded: number;
  /** The time that is played; null shows all. */
  at: number | null;
  total: number;
  onNarrow: (node: string) => void;
}

export function GraphView(props: Props) {
  const query = useTraceGraph(props.traceId, props.outline.version);
  const { params } = usePlace();
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (!query.data) return <Loading what={t("Drawing the graph")} />;
  const graph = query.data;
  if (graph.nodes.length === 0) {
    return (
      <div className="state">
        <h2>{t("No nodes to draw")}</h2>
        <p className="state-text">{t("No span of this trace names an agent, a tool or a model.")}</p>
      </div>
    );
  }
  const many = graph.nodes.length > MOST_NODES;
  const table = many || params.get("as") === "table";
  return (
    <div className="graph">
      <div className="graph-bar">
        <span className="muted">
          {t("{n} nodes", { count: graph.nodes.length, n: count(graph.nodes.length) })} ·{" "}
          {t("{n} edges", { count: graph.edges.length, n: count(graph.edges.length) })}
          {graph.complete === false ? ` · ${t("of the first spans of a very long trace")}` : ""}
        </span>
        {many ? (
          <span className="faint">{t("Too many nodes to draw, so this is a table.")}</span>
        ) : (
          <button
            type="button"
            className="quiet-button push"
            onClick={() => setParams({ as: table ? null : "table" }, { replace: true })}
          >
            {table ? t("show as a graph") : t("show as a table")}
          </button>
        )}
      </div>
      {table ? <GraphTable graph={graph} onPick={props.onNarrow} /> : <Played {...props} graph={graph} />}
    </div>
  );
}

function Played(props: Props & { graph: Graph }) {
  return (
    <Drawing
      graph={props.graph}
      label={t("Graph of agents, tools and models")}
      hint={t("Click a node for its spans. Drag to move, scroll to zoom.")}
      act={t("Shows its spans in the waterfall")}
      onPick={props.onNarrow}
      states={usePlayed(props, props.graph)}
    />
  );
}

/** Which nodes had begun, and which were at work, at the time that is played. */
function usePlayed({ outline, loaded, at, total }: Props, graph: Graph): Map<string, NodeState> | null {
  const played = at !== null;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const rows = useMemo(
    () => (played ? new Map(graph.nodes.map((node) => [node.id, rowsOfNode(outline, node.id)])) : null),
    [outline, loaded, graph, played],
  );
  return useMemo(() => {
    if (!rows || at === null) return null;
    const states = new Map<string, NodeState>();
    for (const [id, own] of rows) {
      const begun = own.filter((row) => outline.startOf(row) <= at);
      if (begun.some((row) => outline.endOf(row, total) > at)) states.set(id, "active");
      else if (begun.length === 0 && own.length > 0) states.set(id, "later");
    }
    return states;
  }, [rows, at, outline, total]);
}
