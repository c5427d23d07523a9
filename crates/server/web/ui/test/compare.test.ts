// Two sets side by side: means over all calls, and no winner where a figure is unknown.
import { describe, expect, it } from "vitest";
import type { Figures } from "../src/api/ask";
import { differenceOf, measuresOf, pointsOf, winnerOf, works } from "../src/lib/compare";

const figures = (more: Partial<Figures>): Figures => ({
  count: 10,
  errors: 1,
  running: 0,
  triggered: 0,
  tokens: { input: 800, output: 200, cache_read: 400, cache_write: 0, reasoning: 0, total: 1000 },
  cost_usd: "0.02",
  subscription_usd: null,
  unpriced_calls: 0,
  latency_ms: { avg: 500, min: 100, p25: 200, p50: 400, p75: 600, p95: 900, p99: 990, max: 1000 },
  ttft_ms: null,
  value: null,
  last_at: null,
  trace_id: null,
  ...more,
});
const of = (more: Partial<Figures> = {}) =>
  Object.fromEntries(measuresOf(figures(more)).map((one) => [one.id, one]));

describe("two sets of calls", () => {
  it("have their means per call, per million tokens and per second", () => {
    const { success, cost_call, cost_million, tokens_call, speed, cache } = of();
    expect(success?.value).toBeCloseTo(0.9);
    expect(cost_call?.value).toBeCloseTo(0.002);
    expect(cost_million?.value).toBeCloseTo(20);
    expect(tokens_call?.value).toBe(100);
    expect(speed?.value).toBeCloseTo(40);
    expect(cache?.value).toBe(0.5);
  });

  it("have no mean cost while a call is unpriced", () => {
    expect(of({ unpriced_calls: 1 }).cost_call?.value).toBeNull();
    expect(of({ unpriced_calls: 1 }).cost?.value).toBe(0.02);
  });

  it("have a winner where a direction is better and both are known", () => {
    const [fast, slow] = [
      of(),
      of({ latency_ms: { ...figures({}).latency_ms, p50: 800 } as Figures["latency_ms"] }),
    ];
    if (!fast.p50 || !slow.p50 || !fast.calls || !fast.ttft) throw new Error("figures are missing");
    expect(winnerOf(fast.p50, slow.p50)).toBe(-1);
    expect(winnerOf(slow.p50, fast.p50)).toBe(1);
    expect(winnerOf(fast.calls, fast.calls)).toBe(0);
    expect(winnerOf(fast.ttft, fast.ttft)).toBe(0);
    expect(differenceOf(400, 800)).toBe(1);
    expect(differenceOf(0, 800)).toBeNull();
  });

  it("differ in points where the figure is a share", () => {
    const [some, none] = [of(), of({ errors: 0 })];
    if (!some.success || !none.success || !some.p50 || !none.p50) throw new Error("figures are missing");
    expect(pointsOf(some.success, none.success)).toBeCloseTo(0.1);
    expect(pointsOf({ ...some.success, value: null }, none.success)).toBeNull();
    expect(pointsOf(some.p50, none.p50)).toBeNull();
  });

  it("are not compared by speed if one never succeeds", () => {
    expect(works(measuresOf(figures({ errors: 10 })))).toBe(false);
    expect(works(measuresOf(figures({})))).toBe(true);
  });
});
