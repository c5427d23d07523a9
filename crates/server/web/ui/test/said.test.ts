import { describe, expect, it } from "vitest";
import type { EventRow } from "../src/api/signals";
import { said } from "../src/pages/events/said";

const event = (type: string, body: unknown, attributes: Record<string, unknown>) =>
  ({ type, body, attributes, time: "2026-11-24T00:00:00Z" }) as unknown as EventRow;

describe("an event in one line", () => {
  it("is its body, or its attributes", () => {
    expect(said(event("log", "two\n lines", {}))).toBe("two lines");
    expect(said(event("step", "step", { a: 1, b: "x" }))).toBe("a=1 b=x");
  });
  it("is a sentence for a score", () => {
    const score = { "gen_ai.evaluation.name": "helpful", "gen_ai.evaluation.score.value": 0.8 };
    const more = { "gen_ai.evaluation.score.label": "good", "gen_ai.evaluation.explanation": "right city" };
    expect(said(event("gen_ai.evaluation.result", null, { ...score, ...more }))).toBe(
      "helpful · 0.8, good · right city",
    );
    expect(said(event("gen_ai.evaluation.result", null, score))).toBe("helpful · 0.8");
  });
});
