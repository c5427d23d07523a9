// What of a large map is drawn: around one node, without services, without rare edges.
import type { Graph, GraphEdge } from "../../api/outline";

/** Nodes beyond which services are left out at first: every agent hangs from one. */
export const MANY_NODES = 24;
/** Share of the most frequent edge below which an edge is rare. */
export const RARE = 0.02;

export interface Reduction {
  /** Only this node and what it touches; null draws all. */
  focus: string | null;
  services: boolean;
  rare: boolean;
}

export interface Reduced<Whole extends Graph> {
  graph: Whole;
  hiddenNodes: number;
  hiddenEdges: number;
}

/** The graph without what is hidden. A failed edge is never rare, and a node that only rare edges touch keeps its largest one. */
export function reduced<Whole extends Graph>(
  graph: Whole,
  { focus, services, rare }: Reduction,
): Reduced<Whole> {
  const hidden = new Set(
    services ? [] : graph.nodes.filter(({ kind }) => kind === "service").map(({ id }) => id),
  );
  if (focus !== null) hidden.delete(focus);
  let edges = graph.edges.filter(({ from, to }) => !hidden.has(from) && !hidden.has(to));
  if (focus !== null) edges = edges.filter(({ from, to }) => from === focus || to === focus);
  if (!rare && focus === null) edges = frequent(edges);
  const touched = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const nodes = graph.nodes.filter(
    ({ id }) => !hidden.has(id) && (focus === null || id === focus || touched.has(id)),
  );
  return {
    graph: { ...graph, nodes, edges },
    hiddenNodes: graph.nodes.length - nodes.length,
    hiddenEdges: graph.edges.length - edges.length,
  };
}

function frequent(edges: readonly GraphEdge[]): GraphEdge[] {
  const most = Math.max(0, ...edges.map(({ calls }) => calls));
  const kept = new Set(edges.filter(({ calls, errors }) => calls >= most * RARE || errors > 0));
  const largest = new Map<string, GraphEdge>();
  for (const edge of edges)
    for (const id of [edge.from, edge.to])
      if (edge.calls > (largest.get(id)?.calls ?? -1)) largest.set(id, edge);
  const touched = new Set([...kept].flatMap(({ from, to }) => [from, to]));
  for (const [id, edge] of largest) if (!touched.has(id)) kept.add(edge);
  return edges.filter((edge) => kept.has(edge));
}
