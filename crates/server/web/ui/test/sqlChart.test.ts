import { describe, expect, it } from "vitest";
import type { SqlResult, SqlValue } from "../src/api/sql";
import { cellText } from "../src/lib/sql";
import {
  bars,
  chartsOf,
  drawnBy,
  shapeOf,
  single,
  timeline,
  timeOf,
  unitOfColumn,
} from "../src/lib/sqlChart";

const result = (names: string[], rows: SqlValue[][]): SqlResult => ({
  columns: names.map((name) => ({ name, type: "any" })),
  rows,
  truncated: false,
});
const hour = (at: number) => `2026-11-24T${String(at).padStart(2, "0")}:00:00.000000000Z`;

describe("the shape of a result", () => {
  it("tells times, names and figures apart", () => {
    const made = result(
      ["hour", "model", "cost", "calls", "note"],
      [
        [hour(1), "gpt-4o", "0.10", 3, null],
        [hour(2), null, null, 4, null],
      ],
    );
    expect(shapeOf(made)).toEqual({ time: 0, names: [1, 4], figures: [2, 3] });
  });
  it("reads times and their prefixes, and no other text", () => {
    expect(timeOf("2026-11-24T10:00:00.500000000Z")).toBe(Date.parse("2026-11-24T10:00:00.500Z"));
    expect(timeOf("2026-11-24")).toBe(Date.parse("2026-11-24T00:00:00Z"));
    expect(timeOf("2026-11-24T10")).toBe(Date.parse("2026-11-24T10:00:00Z"));
    expect(timeOf("2026-11")).toBe(Date.parse("2026-11-01T00:00:00Z"));
    expect([timeOf("2026-13-01"), timeOf("gpt-4o"), timeOf("2026"), timeOf(2026)]).toEqual([
      null,
      null,
      null,
      null,
    ]);
  });
});

describe("charts of a result", () => {
  it("draws figures over time as lines first", () => {
    expect(
      chartsOf(
        result(
          ["hour", "n"],
          [
            [hour(1), 1],
            [hour(2), 2],
          ],
        ),
      ),
    ).toEqual(["line", "area", "bar"]);
  });
  it("draws names as bars, and small ones as a pie", () => {
    const row = (at: number): SqlValue[] => [`m${at}`, at];
    expect(chartsOf(result(["model", "n"], [row(1), row(2)]))).toEqual(["bar", "pie"]);
    expect(
      chartsOf(
        result(
          ["model", "n"],
          Array.from({ length: 13 }, (_, at) => row(at)),
        ),
      ),
    ).toEqual(["bar"]);
    expect(
      chartsOf(
        result(
          ["model", "n"],
          [
            ["a", -1],
            ["b", 1],
          ],
        ),
      ),
    ).toEqual(["bar"]);
  });
  it("draws one figure as a number, and nothing without figures", () => {
    expect(chartsOf(result(["n"], [[4]]))).toEqual(["stat"]);
    expect(single(result(["cost_usd"], [["0.25"]]))).toEqual({ name: "cost_usd", value: 0.25, unit: "usd" });
    expect(chartsOf(result(["name"], [["a"], ["b"]]))).toEqual([]);
    expect(chartsOf(result(["n"], []))).toEqual([]);
  });
});

describe("results that are only a table", () => {
  it("draws no records: they have many names, or a name in each row", () => {
    const spans = result(
      ["trace_id", "name", "status", "started_at", "ms"],
      [
        ["a", "x", "ok", hour(1), 1],
        ["b", "y", "ok", hour(2), 2],
      ],
    );
    expect(chartsOf(spans)).toEqual([]);
    const each = Array.from({ length: 51 }, (_, at): SqlValue[] => [hour(at % 24), `trace${at}`, at]);
    expect(chartsOf(result(["hour", "trace", "n"], each))).toEqual([]);
    expect(chartsOf(result(["hour", "trace", "n"], each.slice(1)))).toEqual(["line", "area", "bar"]);
  });
  it("shows times without an empty fraction, and no digits that say nothing", () => {
    expect(cellText("2026-11-24T01:00:00.000000000Z")).toBe("2026-11-24T01:00:00Z");
    expect(cellText("2026-11-24T01:00:00.500000000Z")).toBe("2026-11-24T01:00:00.500000000Z");
    expect([
      cellText(1346.0495196058037),
      cellText(0.1 + 0.2),
      cellText(12345678),
      cellText("0.8444160"),
    ]).toEqual(["1346.05", "0.3", "12345678", "0.8444160"]);
  });
});

describe("the drawn figure", () => {
  it("is the first one, or the one that is chosen", () => {
    const made = result(
      ["model", "calls", "cost_usd"],
      [
        ["a", 9, "0.5"],
        ["b", 2, "7"],
      ],
    );
    expect(bars(made, "").rows.map(({ value }) => value)).toEqual([9, 2]);
    const chosen = bars(made, "", drawnBy(made, "cost_usd"));
    expect([chosen.rows.map(({ value }) => value), chosen.unit]).toEqual([[0.5, 7], "usd"]);
    expect(drawnBy(made, "model")).toEqual(shapeOf(made));
  });
});

describe("series and bars", () => {
  it("makes a line for each name, and the step from the times", () => {
    const drawn = timeline(
      result(
        ["hour", "model", "n"],
        [
          [hour(3), "b", 9],
          [hour(1), "a", 1],
          [hour(2), "a", 2],
        ],
      ),
      "unknown",
    );
    expect(drawn.series.map(({ name, points }) => [name, points.map(({ v }) => v)])).toEqual([
      ["b", [9]],
      ["a", [1, 2]],
    ]);
    expect([drawn.stepMs, drawn.since, drawn.until, drawn.left]).toEqual([
      3_600_000,
      Date.parse(hour(1)),
      Date.parse(hour(4)),
      0,
    ]);
  });
  it("makes a line for each column in the unit of the first", () => {
    const drawn = timeline(
      result(
        ["hour", "p50_ms", "p95_ms", "calls"],
        [
          [hour(1), 1, 2, 3],
          [hour(2), 4, 5, 6],
        ],
      ),
      "",
    );
    expect(drawn.series.map(({ name }) => name)).toEqual(["p95_ms", "p50_ms"]);
    expect(drawn.unit).toBe("ms");
  });
  it("says what it leaves out", () => {
    const many = Array.from({ length: 20 }, (_, at): SqlValue[] => [hour(at), `m${at}`, at]);
    expect(timeline(result(["hour", "m", "n"], many), "").left).toBe(8);
    const wide = Array.from({ length: 60 }, (_, at): SqlValue[] => [`m${at}`, at]);
    expect(bars(result(["m", "n"], wide), "").left).toBe(10);
  });
  it("adds rows of one name, and names a missing one", () => {
    const made = bars(
      result(
        ["model", "cost"],
        [
          ["a", "0.1"],
          ["a", "0.2"],
          [null, "1"],
        ],
      ),
      "unknown",
    );
    expect(made.rows.map(({ name }) => name)).toEqual(["a", "unknown"]);
    expect(made.rows[0]?.value).toBeCloseTo(0.3);
    expect(made.unit).toBe("usd");
  });
  it("knows units by the names of columns", () => {
    expect(
      ["cost_usd", "usd_sum(cost_usd)", "total_cost", "p95_ms", "size_bytes", "calls"].map(unitOfColumn),
    ).toEqual(["usd", "usd", "usd", "ms", "bytes", "number"]);
  });
});
