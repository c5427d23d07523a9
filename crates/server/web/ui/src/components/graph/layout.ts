// Where the nodes of a graph stand and how its edges run. Sugiyama's layers, by dagre.
import { Graph as Layers, layout } from "@dagrejs/dagre";
import { curveBasis, line } from "d3-shape";
import type { Graph, GraphEdge, GraphNode } from "../../api/outline";

export const NODE_WIDTH = 188;
export const NODE_HEIGHT = 48;
/** Beyond this, edges are laid out by the quicker of the two methods. */
const MANY = 120;
/** Beyond this, counts on the edges would lie on each other: those of a node show while it is looked at. */
const MOST_COUNTS = 48;
/** Beyond this, a drawing says nothing: the table does. */
export const MOST_NODES = 400;

export interface Placed {
  width: number;
  height: number;
  /** Whether there is room for the counts of all edges. */
  counts: boolean;
  nodes: { node: GraphNode; x: number; y: number }[];
  edges: { edge: GraphEdge; path: string; x: number; y: number; thick: number }[];
}

const curve = line<{ x: number; y: number }>(
  (point) => point.x,
  (point) => point.y,
).curve(curveBasis);

/** Lays out from left to right, or downwards where there is more height than width. */
export function place(graph: Graph, downwards: boolean): Placed {
  const layers = new Layers({ multigraph: true });
  layers.setGraph({
    rankdir: downwards ? "TB" : "LR",
    nodesep: 12,
    ranksep: 84,
    edgesep: 8,
    marginx: 24,
    marginy: 24,
    ...(graph.nodes.length > MANY ? { ranker: "longest-path" } : {}),
  });
  for (const node of graph.nodes) layers.setNode(node.id, { width: NODE_WIDTH, height: NODE_HEIGHT });
  const known = new Set(graph.nodes.map((node) => node.id));
  const edges = graph.edges.filter((edge) => known.has(edge.from) && known.has(edge.to));
  const counts = edges.length <= MOST_COUNTS;
  const label = counts ? { width: 34, height: 18, labelpos: "c" } : {};
  edges.forEach((edge, index) => {
    layers.setEdge(edge.from, edge.to, { ...label }, String(index));
  });
  layout(layers);
  const whole = layers.graph() as { width?: number; height?: number };
  return {
    width: whole.width ?? 0,
    height: whole.height ?? 0,
    counts,
    nodes: graph.nodes.map((node) => {
      const at = layers.node(node.id) as { x: number; y: number };
      return { node, x: at.x, y: at.y };
    }),
    edges: edges.map((edge, index) => {
      const drawn = layers.edge(edge.from, edge.to, String(index)) as {
        points?: { x: number; y: number }[];
        x?: number;
        y?: number;
      };
      const points = drawn.points ?? [];
      const middle = points[points.length >> 1] ?? { x: 0, y: 0 };
      return {
        edge,
        path: curve(points) ?? "",
        x: drawn.x ?? middle.x,
        y: drawn.y ?? middle.y,
        thick: Math.min(7, 1.2 + Math.log2(Math.max(1, edge.calls + (edge.inferred ?? 0)))),
      };
    }),
  };
}
