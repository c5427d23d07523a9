import { describe, expect, it } from "vitest";
import type { Forecast, Suggestion } from "../src/api/money";
import { formatTick, groupByOf, readGroupBy, seriesClass } from "../src/pages/cost/dimensions";
import { periodName } from "../src/pages/cost/period";
import { booksChange } from "../src/pages/cost/RepriceDifference";
import { byModel } from "../src/pages/cost/suggestions";

describe("the cost page", () => {
  it("reads back what an answer was grouped by", () => {
    expect(groupByOf("time", "week")).toBe("week");
    expect(readGroupBy("week", "day")).toEqual({ dimension: "time", grain: "week" });
    expect(readGroupBy("branch,month", "day")).toEqual({ dimension: "branch", grain: "month" });
    expect(readGroupBy("model", "hour")).toEqual({ dimension: "model", grain: "hour" });
  });

  it("gives a key one colour whatever its rank, and the rest none of its own", () => {
    const own = seriesClass("model", ["a", "b"], "b");
    expect(own).toMatch(/^series-of-[1-8] by-model$/);
    expect(seriesClass("model", ["b", "a"], "b")).toBe(own);
    expect(seriesClass("model", ["a", "b"], "a")).not.toBe(own);
    expect(seriesClass("model", ["a", "b"], "c")).toBe("series-rest by-model");
    expect(seriesClass("model", ["a", "b"], null)).toBe("series-rest by-model");
  });

  it("words ticks without figures that floats invent", () => {
    const tick = formatTick("cost");
    expect([0, 0.025, 0.05].map((value) => tick(value, 0.025))).toEqual(["$0", "$0.025", "$0.050"]);
    expect(tick(600_000, 200_000)).toBe("$600k");
    expect(tick(0.000002, 0.000001)).toBe("$0.000002");
  });

  it("names the period of a forecast", () => {
    const forecast = (since: string, until: string) => ({ since, until }) as Forecast;
    expect(periodName(forecast("2026-11-21T00:00:00Z", "2026-11-22T00:00:00Z"))).toBe("today");
    expect(periodName(forecast("2026-11-16T00:00:00Z", "2026-11-23T00:00:00Z"))).toBe("this week");
    expect(periodName(forecast("2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z"))).toBe("Nov");
  });

  it("puts the best choice for a model first", () => {
    const entry = (model: string, to_model: string, saves_usd: string) =>
      ({ provider: "p", model, to_provider: "p", to_model, saves_usd }) as Suggestion;
    const found = byModel([entry("a", "x", "1"), entry("b", "y", "3"), entry("a", "z", "2")]);
    expect(found.map((choices) => choices.map((choice) => choice.to_model))).toEqual([["y"], ["z", "x"]]);
  });

  it("says by which books figures change", () => {
    expect(booksChange({ books_before: [], books_after: ["genai-prices 0.2.3"] })).toBe(
      "no price → genai-prices 0.2.3",
    );
    expect(booksChange({ books_before: ["a 1"], books_after: ["a 1"] })).toBe("by a 1, before and after");
  });
});
