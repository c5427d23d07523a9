import { describe, expect, it } from "vitest";
import type { Span, Tokens, UsageGroup } from "../src/api/types";
import { niceTicks, rankKeys, stackBars, timeTicks, UNKNOWN } from "../src/lib/buckets";
import { costByModel, groupFailures } from "../src/lib/digest";
import { rootFailures } from "../src/lib/tree";
import { turnsOf } from "../src/lib/turns";
import { outline } from "./outline";
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
    const used = (id: string, model: string, nano: number | null, counted = true) => ({
      id,
      model,
      nano,
      counted,
      tokens: 100,
      kind: "llm",
      start: 0,
      end: 10,
    });
    const shares = costByModel(
      outline([
        used("a", "small", 100_000_000),
        used("b", "small", 200_000_000),
        used("c", "small", 9_000_000_000, false),
        used("d", "own", null),
      ]),
    );
    expect(shares).toEqual([
      { model: "small", calls: 2, tokens: 200, cost: "0.3", unpriced: 0 },
      { model: "own", calls: 1, tokens: 100, cost: null, unpriced: 1 },
    ]);
  });

  it("names the cause of a failure, not the parents that failed with it", () => {
    const tree = outline([
      { id: "root", start: 0, end: 90, status: "error" },
      { id: "x1", parent: "root", name: "x", start: 0, end: 10, status: "error" },
      { id: "x2", parent: "root", name: "x", start: 10, end: 20, status: "error" },
    ]);
    expect(rootFailures(tree)).toEqual([1, 2]);
    expect(groupFailures(tree, rootFailures(tree))).toEqual([{ what: "x", kind: "other", rows: [1, 2] }]);
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
