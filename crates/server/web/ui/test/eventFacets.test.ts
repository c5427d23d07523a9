import { describe, expect, it } from "vitest";
import type { AskGroup } from "../src/api/ask";
import { countsOf, FACET_FIELDS, totalOf } from "../src/pages/events/facets";

const group = (level: string, name: string | null, framework: string | null, count: number): AskGroup =>
  ({ key: { level, name, framework, agent: null }, count }) as unknown as AskGroup;

const groups = [
  group("info", "api_request", "claude-code", 60),
  group("info", "tool_result", "claude-code", 20),
  group("warning", null, "crewai", 3),
  group("error", "api_error", "claude-code", 2),
];

const asked: Record<string, string>[] = [
  {},
  { type: "api_request" },
  { level: "warning" },
  { framework: "claude-code", level: "error" },
];

describe("facets of events", () => {
  it("count what a click on the value lists", () => {
    for (const field of FACET_FIELDS)
      for (const filters of asked)
        for (const { value, count } of countsOf(groups, filters, field))
          expect(count).toBe(totalOf(groups, { ...filters, [field]: value }));
  });

  it("count a level with the levels above it, the highest first", () => {
    expect(countsOf(groups, {}, "level")).toEqual([
      { value: "error", count: 2 },
      { value: "warning", count: 5 },
      { value: "info", count: 85 },
    ]);
  });

  it("leave out events without a value, and keep the others of the chosen field", () => {
    expect(countsOf(groups, { type: "api_error" }, "type").map(({ value }) => value)).toEqual([
      "api_request",
      "tool_result",
      "api_error",
    ]);
    expect(countsOf(groups, {}, "agent")).toEqual([]);
  });
});
