// Where nodes stand in space: a floor for each kind, from who asks at the top to what is asked at the bottom; on a floor in a
// circle, near those that they have most to do with.
import type { Graph } from "../../api/outline";

const FLOORS = [
  "service",
  "workflow",
  "agent",
  "tool",
  "retrieval",
  "guardrail",
  "memory",
  "evaluator",
  "model",
];
/** Between two floors, and along a circle between two nodes. */
export const HEIGHT = 9;
const APART = 10;
const LEAST_RADIUS = 10;

export interface Spot {
  id: string;
  x: number;
  y: number;
  z: number;
}

/** The floors that are used, from the top. */
function floorsOf(graph: Graph): string[][] {
  const rank = (kind: string) => (FLOORS.includes(kind) ? FLOORS.indexOf(kind) : FLOORS.length);
  const floors = new Map<number, string[]>();
  for (const { id, kind } of graph.nodes) {
    const at = rank(kind);
    floors.set(at, [...(floors.get(at) ?? []), id]);
  }
  return [...floors].sort(([a], [b]) => a - b).map(([, ids]) => ids);
}

/** The mean direction of those above that a node has to do with; nodes without any come last. */
function pull(id: string, graph: Graph, angles: ReadonlyMap<string, number>): number {
  let [x, y] = [0, 0];
  for (const { from, to, calls } of graph.edges) {
    const angle = angles.get(from === id ? to : to === id ? from : "");
    if (angle === undefined) continue;
    x += Math.cos(angle) * calls;
    y += Math.sin(angle) * calls;
  }
  return x === 0 && y === 0 ? 2 * Math.PI : (Math.atan2(y, x) + 2 * Math.PI) % (2 * Math.PI);
}

export function standing(graph: Graph): Spot[] {
  const floors = floorsOf(graph);
  const angles = new Map<string, number>();
  const middle = ((floors.length - 1) * HEIGHT) / 2;
  return floors.flatMap((ids, floor) => {
    const pulls = new Map(ids.map((id) => [id, pull(id, graph, angles)]));
    const order = [...ids].sort((a, b) => (pulls.get(a) ?? 0) - (pulls.get(b) ?? 0) || (a < b ? -1 : 1));
    const radius = order.length === 1 ? 0 : Math.max(LEAST_RADIUS, (order.length * APART) / (2 * Math.PI));
    return order.map((id, index) => {
      const angle = (2 * Math.PI * index) / order.length;
      angles.set(id, angle);
      return { id, x: Math.cos(angle) * radius, y: middle - floor * HEIGHT, z: Math.sin(angle) * radius };
    });
  });
}
