// Equal steps in a row are folded into the first; search for a hidden one opens them.
import { describe, expect, it } from "vitest";
import { foldedRepeats, repeatsOf, revealRepeats } from "../src/lib/repeats";
import { shownRows, UNFOLDED } from "../src/lib/tree";
import { outline, type Row } from "./outline";

const root: Row = { id: "root", start: 0, end: 1000, kind: "agent" };
const steps = (...names: string[]): Row[] =>
  names.map((name, at) => ({
    id: `${name}${at}`,
    parent: "root",
    name,
    kind: name === "gpt" ? "llm" : "tool",
    start: at * 10,
    end: at * 10 + 8,
  }));
const found = (...names: string[]) => [...repeatsOf(outline([root, ...steps(...names)])).values()];

describe("repeats", () => {
  it("are three equal steps in a row or more", () => {
    expect(found("find", "find")).toEqual([]);
    expect(found("find", "find", "find", "book")).toEqual([{ row: 1, second: 2, end: 4, times: 3 }]);
  });

  it("are passes of a model and its tools", () => {
    expect(found("gpt", "find", "gpt", "find", "gpt", "find", "gpt")).toEqual([
      { row: 1, second: 3, end: 7, times: 3 },
    ]);
  });

  it("end where a step fails or another comes", () => {
    const rows = steps("find", "find", "find", "find");
    const failing = { ...rows[2], status: "error" } as Row;
    expect([...repeatsOf(outline([root, ...rows.slice(0, 2), failing, ...rows.slice(3)])).values()]).toEqual(
      [],
    );
  });

  it("hide their further passes until they are opened, or one of them is wanted", () => {
    const trace = outline([root, ...steps("find", "find", "find", "find", "book")]);
    const repeats = repeatsOf(trace);
    const shown = (open: ReadonlySet<string>) => [
      ...shownRows(trace, UNFOLDED, null, foldedRepeats(trace, repeats, open)).rows,
    ];
    expect(shown(new Set())).toEqual([0, 1, 5]);
    const open = revealRepeats(trace, repeats, 3, new Set());
    expect(shown(open)).toEqual([0, 1, 2, 3, 4, 5]);
    expect(revealRepeats(trace, repeats, 5, new Set()).size).toBe(0);
  });
});
