import { describe, expect, it } from "vitest";
import type { UsageGroup } from "../src/api/types";
import { barEnd, barStart, type Grain, stackBars } from "../src/lib/buckets";

const iso = (time: number) => new Date(time).toISOString().slice(0, 16);

describe("bars", () => {
  it("start on the UTC hour, day, Monday and first of the month", () => {
    const at = Date.parse("2026-11-22T17:45:00Z"); // A Sunday.
    const starts = (["hour", "day", "week", "month"] as Grain[]).map((grain) => iso(barStart(at, grain)));
    expect(starts).toEqual(["2026-11-22T17:00", "2026-11-22T00:00", "2026-11-16T00:00", "2026-11-01T00:00"]);
    expect(iso(barEnd(barStart(at, "week"), "week"))).toBe("2026-11-23T00:00");
    expect(iso(barEnd(barStart(at, "month"), "month"))).toBe("2026-12-01T00:00");
    expect(iso(barEnd(Date.parse("2026-12-01T00:00:00Z"), "month"))).toBe("2027-01-01T00:00");
  });

  it("stand without gaps, months of unlike length too", () => {
    const group = (month: string, cost_usd: string): UsageGroup => ({
      key: { model: "a", month },
      llm_calls: 1,
      errors: 0,
      tokens: { input: 0, output: 0, cache_read: 0, cache_write: 0, reasoning: 0, total: 0 },
      cost_usd,
      unpriced_calls: 0,
      latency_ms: { avg: null, p50: null, p95: null, p99: null },
    });
    const stack = stackBars([group("2026-01-01T00:00:00Z", "1"), group("2026-04-01T00:00:00Z", "2.5")], {
      dimension: "model",
      grain: "month",
      measure: "cost",
      named: ["a"],
      since: null,
      until: null,
    });
    expect(stack.times.map(iso)).toEqual([
      "2026-01-01T00:00",
      "2026-02-01T00:00",
      "2026-03-01T00:00",
      "2026-04-01T00:00",
    ]);
    expect(stack.values).toEqual([
      [1, 0],
      [0, 0],
      [0, 0],
      [2.5, 0],
    ]);
    expect(stack.peak).toBe(2.5);
  });
});
