// A loop is one tool, or one model, called many times in a row by the same parent.
import { describe, expect, it } from "vitest";
import { loopsOf } from "../src/lib/loops";
import { outline, type Row } from "./outline";

const root: Row = { id: "root", start: 0, end: 1000, kind: "agent" };
const many = (times: number, name: string, kind: string, from = 0): Row[] =>
  Array.from({ length: times }, (_, number) => ({
    id: `${name}${from + number}`,
    parent: "root",
    name,
    kind,
    start: (from + number) * 10,
    end: (from + number) * 10 + 8,
  }));

describe("loops", () => {
  it("are runs of one tool, with their length and time", () => {
    expect(loopsOf(outline([root, ...many(6, "find", "tool")]))).toEqual([
      { name: "find", kind: "tool", times: 6, row: 1, ms: 58 },
    ]);
  });

  it("go on while the agent asks its model in between", () => {
    const rows = many(5, "find", "tool").flatMap((tool, number) => [
      { ...tool, id: `m${number}`, name: "gpt", kind: "llm" },
      tool,
    ]);
    expect(loopsOf(outline([root, ...rows])).map(({ name, times }) => [name, times])).toEqual([["find", 5]]);
  });

  it("end where another tool is called", () => {
    const rows = [...many(4, "find", "tool"), ...many(1, "book", "tool", 4), ...many(4, "find", "tool", 5)];
    expect(loopsOf(outline([root, ...rows]))).toEqual([]);
  });

  it("of a model are longer, because agents ask it again and again", () => {
    expect(loopsOf(outline([root, ...many(9, "gpt", "llm")]))).toEqual([]);
    expect(loopsOf(outline([root, ...many(10, "gpt", "llm")]))).toHaveLength(1);
  });
});
