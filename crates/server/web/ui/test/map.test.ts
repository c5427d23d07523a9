import { describe, expect, it } from "vitest";
import type { Graph } from "../src/api/outline";
import { unobstructed } from "../src/pages/map/nameplates";
import { reduced } from "../src/pages/map/reduced";

const node = (id: string) => ({
  id,
  kind: id.split(":")[0] ?? "",
  name: id,
  calls: 1,
  errors: 0,
  tokens: null,
  cost_usd: null,
  duration_ms: null,
});
const edge = (from: string, to: string, calls: number, errors = 0) => ({
  from,
  to,
  calls,
  errors,
  tokens: null,
  cost_usd: null,
  duration_ms: null,
});
const graph: Graph = {
  nodes: ["service:s", "agent:a", "agent:b", "tool:t", "tool:rare", "model:m"].map(node),
  edges: [
    edge("service:s", "agent:a", 500),
    edge("agent:a", "model:m", 1000),
    edge("agent:a", "tool:t", 5, 1),
    edge("agent:b", "model:m", 3),
    edge("agent:a", "tool:rare", 2),
    edge("agent:b", "tool:rare", 1),
  ],
};
const of = (how: Partial<Parameters<typeof reduced>[1]>) =>
  reduced(graph, { focus: null, services: true, rare: true, ...how });
const ids = (how: Parameters<typeof of>[0]) => of(how).graph.nodes.map(({ id }) => id);

describe("a reduced map", () => {
  it("is the whole one where nothing is hidden", () => {
    expect(of({}).graph.edges).toEqual(graph.edges);
    expect(of({})).toMatchObject({ hiddenNodes: 0, hiddenEdges: 0 });
  });

  it("leaves services out, and their edges", () => {
    expect(ids({ services: false })).not.toContain("service:s");
    expect(of({ services: false })).toMatchObject({ hiddenNodes: 1, hiddenEdges: 1 });
  });

  it("leaves rare edges out, but never a failed one nor the last of a node", () => {
    const { graph: drawn, hiddenNodes } = of({ rare: false });
    expect(drawn.edges.map(({ from, to }) => `${from}>${to}`)).toEqual([
      "service:s>agent:a",
      "agent:a>model:m",
      "agent:a>tool:t",
      "agent:b>model:m",
      "agent:a>tool:rare",
    ]);
    expect(hiddenNodes).toBe(0);
  });

  it("shows one node with what it touches", () => {
    expect(ids({ focus: "agent:b" })).toEqual(["agent:b", "tool:rare", "model:m"]);
    expect(ids({ focus: "service:s", services: false })).toEqual(["service:s", "agent:a"]);
  });
});

describe("names in space", () => {
  it("give way to those before them, and to none that is hidden", () => {
    const box = (left: number) => ({ left, top: 0, width: 10, height: 5 });
    expect(unobstructed([box(0), box(8), box(16), null, box(11)])).toEqual([true, false, true, false, false]);
    expect(unobstructed([box(0), { ...box(0), top: 5 }])).toEqual([true, true]);
  });
});
