import { describe, expect, it } from "vitest";
import type { Span, Tokens, UsageGroup } from "../src/api/types";
import { niceTicks, rankKeys, stackBars, timeTicks, UNKNOWN } from "../src/lib/buckets";
import { costByModel, groupFailures, rootFailures } from "../src/lib/digest";
import { buildTree } from "../src/lib/tree";
import { turnsOf } from "../src/lib/turns";
import { FIELDS, readValue } from "../src/state/filters";
import { span } from "./span";

const tokens = (total: number): Tokens => ({
  input: total,
  output: 0,
  cache_read: 0,
  cache_write: 0,
  reasoning: 0,
  total,
});

const call = (id: string, model: string, cost: string | null, counted = true): Span => ({
  ...span(id, null, 0, 10),
  kind: "llm",
  model,
  tokens: tokens(100),
  counted,
  cost_usd: cost,
  cost_reason: cost === null ? "unknown_model" : null,
});

describe("digest", () => {
  it("adds counted usage only, exactly, and keeps unpriced calls apart", () => {
    const shares = costByModel([
      call("a", "small", "0.1"),
      call("b", "small", "0.2"),
      call("c", "small", "9", false),
      call("d", "own", null),
    ]);
    expect(shares).toMatchObject([
      { model: "small", calls: 2, cost: "0.3", unpriced: 0 },
      { model: "own", calls: 1, cost: null, unpriced: 1, reason: "unknown_model" },
    ]);
  });

  it("names the cause of a failure, not the parents that failed with it", () => {
    const tree = buildTree([
      span("root", null, 0, 90, "error"),
      span("x1", "root", 0, 10, "error"),
      span("x2", "root", 10, 20, "error"),
    ]);
    expect(rootFailures(tree.byId.values()).map((node) => node.span.span_id)).toEqual(["x1", "x2"]);
    expect(groupFailures(rootFailures(tree.byId.values()))).toHaveLength(2);
  });

  it("shows a repeated message once", () => {
    const question = { role: "user", parts: [{ type: "text", content: "why?" }] };
    const answer = {
      role: "assistant",
      parts: [{ type: "text", content: "because" }],
      finish_reason: "stop",
    };
    const first = { ...call("a", "m", "1"), input_messages: [question], output_messages: [answer] };
    const { finish_reason: _, ...repeated } = answer;
    const next = { role: "user", parts: [{ type: "text", content: "and then?" }] };
    const second = {
      ...call("b", "m", "1"),
      input_messages: [question, repeated, next],
      output_messages: [],
    };
    expect(turnsOf([first, second]).map((turn) => [turn.messages.length, turn.repeated])).toEqual([
      [2, 0],
      [1, 2],
    ]);
  });
});

describe("bars", () => {
  const group = (hour: string, model: string | null, cost: string | null): UsageGroup => ({
    key: { hour, model },
    llm_calls: 1,
    errors: 0,
    tokens: tokens(10),
    cost_usd: cost,
    unpriced_calls: cost === null ? 1 : 0,
    latency_ms: { avg: null, p50: null, p95: null, p99: null },
  });

  it("fills gaps and gathers small series", () => {
    const groups = [
      group("2026-11-20T07:00:00Z", "a", "2"),
      group("2026-11-20T09:00:00Z", "b", "1"),
      group("2026-11-20T09:00:00Z", null, "0.5"),
      group("2026-11-20T09:00:00Z", "free", null),
    ];
    expect(rankKeys(groups, "model", "cost")).toEqual(["a", "b", UNKNOWN]);
    const stack = stackBars(groups, {
      dimension: "model",
      grain: "hour",
      measure: "cost",
      named: ["a", "b"],
      since: null,
      until: null,
    });
    expect(stack.values).toEqual([
      [2, 0, 0],
      [0, 0, 0],
      [0, 1, 0.5],
    ]);
    expect(stack.peak).toBe(2);
  });

  it("picks round ticks", () => {
    expect(niceTicks(0.73)).toEqual([0, 0.2, 0.4, 0.6000000000000001, 0.8]);
    expect(niceTicks(0)).toEqual([0]);
    expect(timeTicks(3_600_000, 4)).toEqual([0, 900_000, 1_800_000, 2_700_000, 3_600_000]);
  });
});

describe("filters", () => {
  const field = (name: string) => {
    const found = FIELDS.find((entry) => entry.name === name);
    if (!found) throw new Error(name);
    return found;
  };

  it("reads durations and amounts, and refuses what is neither", () => {
    expect(readValue(field("min_duration_ms"), "2s")).toBe("2000");
    expect(readValue(field("min_duration_ms"), "1.5 m")).toBe("90000");
    expect(readValue(field("min_duration_ms"), "soon")).toBeNull();
    expect(readValue(field("min_cost_usd"), "$0.05")).toBe("0.05");
    expect(readValue(field("min_cost_usd"), "cheap")).toBeNull();
    expect(readValue(field("model"), " gpt-4o ")).toBe("gpt-4o");
  });
});
