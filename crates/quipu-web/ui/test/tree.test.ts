import { describe, expect, it } from "vitest";
import { criticalPath } from "../src/lib/critical";
import { buildTree, mergeClose, selfMs, selfTime, visibleRows } from "../src/lib/tree";
import { span } from "./span";

describe("tree", () => {
  it("orders children by start, whatever order they came in", () => {
    const tree = buildTree([
      span("late", "root", 60, 90),
      span("root", null, 0, 100),
      span("early", "root", 10, 50),
    ]);
    expect(visibleRows(tree.roots, new Set()).map((row) => row.span.span_id)).toEqual([
      "root",
      "early",
      "late",
    ]);
    expect(visibleRows(tree.roots, new Set(["root"]))).toHaveLength(1);
    expect(tree.total).toBe(100);
    expect(tree.roots[0]?.size).toBe(2);
  });

  it("makes a root of a span without its parent and cuts a loop", () => {
    const tree = buildTree([span("orphan", "lost", 0, 10), span("a", "b", 0, 5), span("b", "a", 1, 4)]);
    expect(visibleRows(tree.roots, new Set())).toHaveLength(3);
  });

  it("tells a folded row of a failure below", () => {
    const tree = buildTree([
      span("root", null, 0, 9),
      span("mid", "root", 0, 8),
      span("leaf", "mid", 1, 2, "error"),
    ]);
    expect(tree.byId.get("root")?.failedBelow).toBe(true);
    expect(tree.byId.get("leaf")?.failedBelow).toBe(false);
  });

  it("holds chains deeper than the call stack", () => {
    const spans = Array.from({ length: 20_000 }, (_, index) =>
      span(`s${index}`, index ? `s${index - 1}` : null, index / 10, 5000),
    );
    const tree = buildTree(spans);
    expect(visibleRows(tree.roots, new Set())).toHaveLength(20_000);
  });

  it("counts overlapping children once in self time", () => {
    const tree = buildTree([
      span("root", null, 0, 100),
      span("a", "root", 10, 50),
      span("b", "root", 40, 70),
    ]);
    const root = tree.byId.get("root");
    expect(root && selfTime(root)).toEqual([
      [0, 10],
      [70, 100],
    ]);
    expect(root && selfMs(root)).toBe(40);
    expect(
      mergeClose(
        [
          [0, 1],
          [1.2, 2],
          [9, 10],
        ],
        0.5,
      ),
    ).toEqual([
      [0, 2],
      [9, 10],
    ]);
  });
});

describe("critical path", () => {
  it("follows the child that ended last and skips the one that nobody waited for", () => {
    const tree = buildTree([
      span("root", null, 0, 100),
      span("slow", "root", 10, 80),
      span("beside", "root", 20, 40),
      span("first", "root", 0, 10),
    ]);
    const path = criticalPath(tree.roots);
    expect(path.get("slow")).toEqual([[10, 80]]);
    expect(path.get("first")).toEqual([[0, 10]]);
    expect(path.get("root")).toEqual([[80, 100]]);
    expect(path.has("beside")).toBe(false);
  });

  it("covers the root's time exactly once", () => {
    const tree = buildTree([
      span("root", null, 0, 100),
      span("a", "root", 5, 45),
      span("a1", "a", 10, 30),
      span("b", "root", 50, 95),
    ]);
    let covered = 0;
    for (const intervals of criticalPath(tree.roots).values())
      for (const [from, to] of intervals) covered += to - from;
    expect(covered).toBe(100);
  });
});
