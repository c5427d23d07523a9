import { describe, expect, it } from "vitest";
import { criticalPath } from "../src/lib/critical";
import { nanoUsd, Outline } from "../src/lib/outline";
import {
  failedBelow,
  findRows,
  flip,
  mergeClose,
  placeOf,
  reveal,
  rootFailures,
  selfTime,
  shownRows,
  UNFOLDED,
  withAncestors,
} from "../src/lib/tree";
import { outline, page, part, type Row } from "./outline";

const FAMILY: Row[] = [
  { id: "root", start: 0, end: 100 },
  { id: "a", parent: "root", start: 0, end: 40 },
  { id: "a1", parent: "a", start: 5, end: 20 },
  { id: "b", parent: "root", start: 50, end: 90, status: "error" },
  { id: "b1", parent: "b", start: 55, end: 60, status: "error", model: "gpt-4o" },
];

const ids = (tree: Outline, rows: Int32Array) => [...rows].map((row) => tree.ids[row]);

describe("an outline", () => {
  it("takes pages in order, gives words one number, and leaves out what does not fit", () => {
    const whole = page(FAMILY);
    const grown = new Outline(part(whole, 0, 2));
    expect([grown.loaded, grown.complete]).toEqual([2, false]);
    grown.add(part(whole, 3, 5));
    expect(grown.loaded).toBe(2);
    grown.add(part(whole, 2, 5));
    expect([grown.loaded, grown.complete, grown.failed]).toEqual([5, true, 2]);
    expect(grown.rowOf("b1")).toBe(4);
    expect(grown.word("model", 4)).toBe("gpt-4o");
    expect(grown.word("model", 0)).toBeNull();
  });

  it("says which rows are still to come", () => {
    const grown = new Outline(part(page(FAMILY), 0, 2));
    expect(shownRows(grown, UNFOLDED)).toMatchObject({ coming: 3 });
    expect(shownRows(grown, flip(UNFOLDED, "root"))).toMatchObject({ coming: 0 });
  });

  it("writes billionths as exact decimals", () => {
    expect(nanoUsd(107_250)).toBe("0.00010725");
    expect(nanoUsd(-1_500_000_000)).toBe("-1.5");
    expect(nanoUsd(0)).toBe("0");
  });
});

describe("folding", () => {
  const tree = outline(FAMILY);

  it("passes over what is folded, by hand and by level", () => {
    expect(ids(tree, shownRows(tree, flip(UNFOLDED, "a")).rows)).toEqual(["root", "a", "b", "b1"]);
    const level = { level: 2, flipped: new Set<string>() };
    expect(ids(tree, shownRows(tree, level).rows)).toEqual(["root", "a", "b"]);
    expect(ids(tree, shownRows(tree, flip(level, "b")).rows)).toEqual(["root", "a", "b", "b1"]);
  });

  it("opens what is above a row", () => {
    const folded = { level: 1, flipped: new Set<string>() };
    expect(ids(tree, shownRows(tree, reveal(tree, 4, folded)).rows)).toEqual(["root", "a", "b", "b1"]);
  });

  it("shows what was found with what is above it", () => {
    const keep = withAncestors(tree, findRows(tree, "GPT"));
    expect(ids(tree, shownRows(tree, UNFOLDED, keep).rows)).toEqual(["root", "b", "b1"]);
  });

  it("finds the place of a row, or of the one above it", () => {
    const rows = Int32Array.of(0, 1, 3);
    expect([placeOf(rows, 3), placeOf(rows, 2), placeOf(rows, 9)]).toEqual([2, 1, 2]);
  });

  it("knows where failures began, and tells folded rows of them", () => {
    expect(rootFailures(tree)).toEqual([4]);
    expect([...failedBelow(tree)]).toEqual([1, 0, 0, 1, 0]);
  });

  it("is quick for a hundred thousand rows and for deep chains", () => {
    const chain = Array.from({ length: 20_000 }, (_, row): Row => {
      const own = { id: `s${row}`, start: row / 10, end: 5000 };
      return row ? { ...own, parent: `s${row - 1}` } : own;
    });
    const deep = outline(chain);
    expect(shownRows(deep, UNFOLDED).rows).toHaveLength(20_000);
    expect(criticalPath(deep).size).toBe(20_000);
  });
});

describe("self time", () => {
  it("counts overlapping children once and takes running ones to the end", () => {
    const tree = outline([
      { id: "root", start: 0, end: 100 },
      { id: "a", parent: "root", start: 10, end: 50 },
      { id: "b", parent: "root", start: 40, end: 70 },
      { id: "c", parent: "root", start: 90, end: null },
    ]);
    expect(selfTime(tree, 0, 120)).toEqual([
      [0, 10],
      [70, 90],
    ]);
    expect(selfTime(tree, 3, 120)).toEqual([[90, 120]]);
  });

  it("draws what is close as one", () => {
    const parts = [
      [0, 1],
      [1.2, 2],
      [9, 10],
    ] as const;
    expect(mergeClose(parts, 0.5)).toEqual([
      [0, 2],
      [9, 10],
    ]);
  });
});

describe("critical path", () => {
  it("follows the child that ended last and skips the one that nobody waited for", () => {
    const path = criticalPath(
      outline([
        { id: "root", start: 0, end: 100 },
        { id: "first", parent: "root", start: 0, end: 10 },
        { id: "slow", parent: "root", start: 10, end: 80 },
        { id: "beside", parent: "root", start: 20, end: 40 },
      ]),
    );
    expect(path.get(2)).toEqual([[10, 80]]);
    expect(path.get(1)).toEqual([[0, 10]]);
    expect(path.get(0)).toEqual([[80, 100]]);
    expect(path.has(3)).toBe(false);
  });

  it("takes steps that overlap by no more than their clocks differ for one after the other", () => {
    const path = criticalPath(
      outline([
        { id: "root", start: 0, end: 100 },
        { id: "a", parent: "root", start: 0, end: 50.001 },
        { id: "b", parent: "root", start: 50, end: 100 },
      ]),
    );
    expect(path.get(1)).toEqual([[0, 50]]);
    expect(path.get(2)).toEqual([[50, 100]]);
  });

  it("covers the root's time exactly once", () => {
    const path = criticalPath(
      outline([
        { id: "root", start: 0, end: 100 },
        { id: "a", parent: "root", start: 5, end: 45 },
        { id: "a1", parent: "a", start: 10, end: 30 },
        { id: "b", parent: "root", start: 50, end: 95 },
      ]),
    );
    let covered = 0;
    for (const intervals of path.values()) for (const [from, to] of intervals) covered += to - from;
    expect(covered).toBe(100);
  });
});
