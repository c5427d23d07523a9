import { describe, expect, test } from "vitest";
import { betterOf, gaugeOf } from "../src/charts/gaugeScale";

describe("the scale of a gauge", () => {
  test("a share ends at 100 %, with its target on the same scale", () => {
    expect(gaugeOf(0.9, 0.95, "percent", "more")).toEqual({ share: 0.9, mark: 0.95, met: false });
    expect(gaugeOf(0.02, 0.05, "percent", "less").met).toBe(true);
  });

  test("other figures leave room above value and target", () => {
    expect(gaugeOf(30_000, 40_000, "ms", "less")).toEqual({ share: 0.6, mark: 0.8, met: true });
    expect(gaugeOf(200, 100, "usd", "less")).toEqual({ share: 0.8, mark: 0.4, met: false });
    expect(gaugeOf(0.75, 0.8, "number", "more").share).toBe(0.75);
  });

  test("nothing is met without a value, a target or a better side", () => {
    expect(gaugeOf(null, 0.5, "percent", "more")).toEqual({ share: 0, mark: 0.5, met: null });
    expect(gaugeOf(5, undefined, "count", "more")).toEqual({ share: 0.8, mark: null, met: null });
    expect(gaugeOf(5, 4, "count", undefined).met).toBeNull();
    expect(gaugeOf(0, undefined, "count", undefined).share).toBe(0);
  });

  test("each measure knows its better side", () => {
    expect(["success_rate", "cached_share", "value"].map(betterOf)).toEqual(["more", "more", "more"]);
    expect(["error_rate", "p95", "ttft_p50", "cost", "unpriced"].map(betterOf)).toEqual(
      Array(5).fill("less"),
    );
    expect(["count", "tokens", "per_min"].map(betterOf)).toEqual([undefined, undefined, undefined]);
  });
});
