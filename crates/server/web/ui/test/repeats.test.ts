// Equal steps in a row are folded into the first; search for a hidden one opens them.
import { describe, expect, it } from "vitest";
import { foldedRepeats, passSums, repeatsOf, revealRepeats } from "../src/lib/repeats";
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

  it("stand for all passes with the sums of each step", () => {
    const rows = steps("gpt", "find", "gpt", "find", "gpt", "find", "gpt");
    const priced = rows.map((row) =>
      row.kind === "llm" ? { ...row, tokens: 100, nano: 7, counted: true } : row,
    );
    const trace = outline([root, ...priced]);
    const sums = passSums(trace, foldedRepeats(trace, repeatsOf(trace), new Set()));
    expect([...sums.keys()]).toEqual([1, 2]);
    expect(sums.get(1)).toMatchObject({ times: 3, duration: 24, cost: 21 });
    expect((sums.get(1)?.input ?? 0) + (sums.get(1)?.output ?? 0)).toBe(300);
    expect(sums.get(2)).toMatchObject({ times: 3, duration: 24, input: 0, output: 0, cost: Number.NaN });
  });

  it("stand for the rows below them too, as long as every pass has the same", () => {
    const turn = (at: number, calls: number): Row[] => [
      { id: `turn${at}`, parent: "root", start: at * 10, end: at * 10 + 9, name: "turn", kind: "agent" },
      ...Array.from({ length: calls }, (_, call) => ({
        id: `call${at}.${call}`,
        parent: `turn${at}`,
        start: at * 10 + call,
        end: at * 10 + call + 1,
        name: "chat",
        kind: "llm",
        model: "gpt",
        tokens: 100,
        nano: 7,
        counted: true,
      })),
    ];
    const sums = (...calls: number[]) => {
      const trace = outline([root, ...calls.flatMap((many, at) => turn(at, many))]);
      return passSums(trace, foldedRepeats(trace, repeatsOf(trace), new Set()));
    };
    expect(sums(1, 1, 1).get(2)).toMatchObject({ times: 3, duration: 3, cost: 21 });
    // Three calls of each turn are one row, which stands for nine.
    expect(sums(3, 3, 3).get(2)).toMatchObject({ times: 9, duration: 9, cost: 63 });
    expect(sums(1, 2, 1).get(1)).toMatchObject({ times: 3 });
    expect(sums(1, 2, 1).has(2)).toBe(false);
  });
});
