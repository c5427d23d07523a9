import { describe, expect, it } from "vitest";
import type { SqlSchema } from "../src/api/sql";
import { isQuoted, sqlChoices, sqlCsv, wordAt } from "../src/lib/sql";

const column = (name: string) => ({ name, type: "text" as const, about: "", hidden: false });
const schema: SqlSchema = {
  tables: [
    { name: "traces", about: "", columns: [column("trace_id"), column("cost_usd")] },
    { name: "calls", about: "", columns: [column("trace_id"), column("model")] },
  ],
  functions: [{ name: "usd_sum", usage: "usd_sum(cost_usd)", about: "" }],
};
const choices = (text: string) => sqlChoices(text, text.length, schema).map(({ text }) => text);

describe("completion of SQL", () => {
  it("knows the word before the caret", () => {
    expect(wordAt("SELECT c.mo", 11)).toEqual({ typed: "mo", from: 9, table: "c" });
    expect(wordAt("SELECT ", 7)).toEqual({ typed: "", from: 7, table: null });
  });
  it("gives tables, functions and words", () => {
    expect(choices("SELECT * FROM tr")).toEqual(["traces"]);
    expect(choices("SELECT us")).toEqual(["usd_sum"]);
    expect(choices("sel")).toEqual(["SELECT"]);
  });
  it("gives the columns of the named tables", () => {
    expect(choices("SELECT * FROM calls c WHERE c.")).toEqual(["trace_id", "model"]);
    expect(choices("SELECT * FROM traces WHERE cos")).toEqual(["cost_usd"]);
    expect(choices("SELECT * FROM traces WHERE mod")).toEqual([]);
  });
  it("is silent within texts and comments", () => {
    expect(isQuoted("SELECT 'tr", 10)).toBe(true);
    expect(isQuoted("SELECT 'it''s' tr", 17)).toBe(false);
    expect(choices("SELECT 1 -- tr")).toEqual([]);
  });
});

describe("a result as CSV", () => {
  it("quotes texts and disarms formulas", () => {
    const columns = ["a", "b,c"].map((name) => ({ name, type: "text" }));
    const csv = sqlCsv({
      columns,
      rows: [
        ["=1+1", null],
        ['say "hi"', -2],
        ["-0.5", "x"],
      ],
      truncated: false,
    });
    expect(csv).toBe('a,"b,c"\r\n\'=1+1,\r\n"say ""hi""",-2\r\n-0.5,x\r\n');
  });
});
