import { describe, expect, it } from "vitest";
import type { Answer, AskPoint, Figures } from "../src/api/ask";
import type { Recommendation, ToolInsight } from "../src/api/insight";
import type { Span, Usage } from "../src/api/types";
import { exchangeOf } from "../src/lib/exchange";
import { ordered } from "../src/lib/order";
import { deltaOf, pointsOf as sharePoints } from "../src/pages/roster/Against";
import { scaleOf } from "../src/pages/roster/kinds";
import { costPlaces } from "../src/pages/roster/money";
import { firstLine, keyOf, NOBODY, nameOf } from "../src/pages/roster/names";
import { callMeasures, coarseStep, pointsOf, seriesOf, stepsOf } from "../src/pages/roster/series";
import { hourValue, lastHours, onHours } from "../src/pages/tools/hours";
import { changeWords, recommendationWords } from "../src/pages/tools/words";
import { userRows } from "../src/pages/users/rows";
import { span } from "./span";

const HOUR = 3_600_000;
const START = Date.parse("2026-01-05T10:00:00Z");

const figures = (count: number, more: Partial<Figures> = {}): Figures => ({
  count,
  errors: 0,
  running: 0,
  triggered: 0,
  tokens: null,
  cost_usd: null,
  subscription_usd: null,
  unpriced_calls: 0,
  latency_ms: null,
  ttft_ms: null,
  value: null,
  last_at: null,
  trace_id: null,
  ...more,
});
const point = (hour: number, count: number): AskPoint => ({
  start: new Date(START + hour * HOUR).toISOString(),
  ...figures(count),
});
const answer = (more: Partial<Answer> = {}): Answer => ({
  from: "calls",
  since: new Date(START).toISOString(),
  until: new Date(START + 4 * HOUR).toISOString(),
  step_ms: HOUR,
  group_by: ["model"],
  groups: [],
  total: { ...figures(0), points: [] },
  left_out: 0,
  ...more,
});
const [calls, , , , latency] = callMeasures((text) => text);

describe("order", () => {
  const rows = [
    { name: "b", value: 2 },
    { name: "a", value: null },
    { name: "c", value: 7 },
    { name: "d", value: 2 },
  ];
  const by = (down: boolean) =>
    ordered(rows, { by: (row) => row.value, down, name: (row) => row.name }).map((row) => row.name);

  it("puts what is not known last either way, and equals by name", () => {
    expect(by(true)).toEqual(["c", "b", "d", "a"]);
    expect(by(false)).toEqual(["b", "d", "c", "a"]);
  });
});

describe("names", () => {
  it("tell nobody apart from somebody", () => {
    expect(keyOf(null)).toBe(NOBODY);
    expect(nameOf(keyOf("gpt-4o"))).toBe("gpt-4o");
    expect(nameOf(NOBODY)).toBeNull();
  });

  it("leave a stack trace out of an error", () => {
    expect(firstLine("ValueError('x')Traceback (most recent call last):\n  File")).toBe("ValueError('x')");
    expect(firstLine("one\ntwo")).toBe("one");
  });
});

describe("steps", () => {
  it("are none where nothing happened", () => {
    expect(stepsOf(answer())).toBeNull();
    expect(stepsOf(undefined)).toBeNull();
  });

  it("fill in noughts for amounts and gaps for durations", () => {
    const steps = stepsOf(answer({ total: { ...figures(3), points: [point(1, 3)] } }));
    if (!steps || !calls || !latency) throw new Error("no steps");
    expect(pointsOf([point(1, 3)], calls, steps).map(({ v }) => v)).toEqual([0, 3, 0, 0]);
    expect(pointsOf([point(1, 3)], latency, steps).map(({ v }) => v)).toEqual([null, null, null, null]);
  });

  it("show what is left out as the rest, exactly", () => {
    const asked = answer({
      groups: [{ key: { model: "a" }, ...figures(5), points: [point(0, 2), point(2, 3)] }],
      total: { ...figures(9), points: [point(0, 3), point(2, 6)] },
      left_out: 2,
    });
    const steps = stepsOf(asked);
    if (!steps || !calls) throw new Error("no steps");
    const series = seriesOf(asked, calls, steps, { nameOf: () => "a", rest: "rest" });
    expect(series.map((one) => one.points.map(({ v }) => v))).toEqual([
      [2, 0, 3, 0],
      [1, 0, 3, 0],
    ]);
    expect(series[1]?.rest).toBe(true);
  });
});

it("a scale of spreads has a length even for one duration", () => {
  const one = { avg: 5, min: 5, p25: 5, p50: 5, p75: 5, p95: 5, p99: 5, max: 5 };
  expect(scaleOf([one, null])).toEqual({ low: 5, high: 50 });
  expect(scaleOf([]).high).toBeGreaterThan(scaleOf([]).low);
});

it("a column of sums with cents has four places at most", () => {
  expect(costPlaces(["21.530603", "0.000008"])).toBe(4);
  expect(costPlaces(["0.000129", "0.02"])).toBe(4);
  expect(costPlaces(["0.000129", "0.002"])).toBe(5);
});

describe("against the period before", () => {
  it("says nothing when nobody compares, and that there was nothing", () => {
    expect(deltaOf(3, undefined)).toEqual({});
    expect(deltaOf(3, 0)).toEqual({ delta: null });
    expect(deltaOf(3, 2)).toEqual({ delta: 0.5 });
  });

  it("compares shares by their difference", () => {
    expect(sharePoints(0.5, 0.25)).toEqual({ delta: 0.25, points: true, before: "25.0%" });
    expect(sharePoints(0.5, null)).toEqual({ delta: null, points: true });
  });
});

const tool = (more: Partial<ToolInsight> = {}): ToolInsight => ({
  name: "get_weather",
  calls: 40,
  errors: 2,
  success_rate: 0.95,
  latency_ms: { avg: 100, p50: 90, p95: 300, p99: 400 },
  last_error: null,
  hours: [],
  output_per_input: null,
  error_kinds: [],
  baseline: {
    since: "2026-01-01T00:00:00Z",
    until: "2026-01-08T00:00:00Z",
    calls: 300,
    success_rate: 0.99,
    p50_ms: 80,
    p95_ms: 200,
  },
  change: { success_points: -4, p95_percent: 50 },
  recommendations: [],
  ...more,
});

describe("a tool's change in words", () => {
  it("says worse and better", () => {
    expect(changeWords(tool()).map((one) => one.tone)).toEqual(["worse", "worse"]);
    expect(changeWords(tool())[1]?.text).toBe("p95 300 ms (was 200 ms, +50%)");
    const better = tool({ change: { success_points: 3, p95_percent: -20 } });
    expect(changeWords(better).map((one) => one.tone)).toEqual(["better", "better"]);
  });

  it("leaves small changes be, and says nothing without a baseline", () => {
    const still = tool({ change: { success_points: 0.1, p95_percent: 2 } });
    expect(changeWords(still).map((one) => one.tone)).toEqual(["same", "same"]);
    expect(changeWords(tool({ baseline: null, change: null }))).toEqual([]);
  });
});

describe("recommendations", () => {
  const say = (code: string, values: Recommendation["values"]) => recommendationWords({ code, values });

  it("have words for every code of the server", () => {
    const values = {
      success_rate: 0.7,
      baseline_success_rate: 0.9,
      points: -20,
      calls: 50,
      errors: 15,
      p95_ms: 900,
      baseline_p95_ms: 400,
      percent: 125,
      p50_ms: 50,
      p99_ms: 2000,
      timeouts: 6,
      failing_hours: 4,
      active_hours: 9,
      error: "boom\nat 1",
      count: 9,
      part: 0.6,
      trace_id: "abc",
      output_per_input: 0.8,
      output_tokens: 12_000,
      input_tokens: 15_000,
      all_calls: 9000,
    };
    for (const code of [
      "failing_more",
      "often_fails",
      "slower",
      "slow_tail",
      "timeouts",
      "flaky",
      "one_error_dominates",
      "costly_output",
      "rarely_used",
    ]) {
      const said = say(code, values);
      expect(said.what).not.toMatch(/[{}]|NaN|_/);
      expect(said.todo).not.toBe("");
      expect(said.todo).not.toMatch(/[{}]|NaN/);
    }
    expect(say("one_error_dominates", values)).toMatchObject({ traceId: "abc" });
    expect(say("one_error_dominates", values).what).toContain("boom");
  });

  it("say an unknown code in its own words", () => {
    expect(say("brand_new", { some_figure: 3 }).what).toBe("brand new · some figure 3");
  });
});

describe("a tool's hours", () => {
  it("are the last 24, with noughts between", () => {
    const now = START + 30 * 60_000;
    const starts = lastHours(now);
    expect(starts).toHaveLength(24);
    expect(starts[23]).toBe(START);
    const hours = onHours(
      [{ start: new Date(START).toISOString(), calls: 4, errors: 1, p95_ms: 20 }],
      starts,
    );
    expect(hours[23]).toEqual({ start: START, calls: 4, errors: 1, p95: 20 });
    expect(hours[0]?.calls).toBe(0);
  });

  it("have no share of failures where nothing was called", () => {
    expect(hourValue({ start: 0, calls: 0, errors: 0, p95: null }, "failed")).toBeNull();
    expect(hourValue({ start: 0, calls: 4, errors: 1, p95: null }, "failed")).toBe(0.25);
  });
});

describe("users", () => {
  const usage = {
    groups: [{ key: { user: "ada" }, llm_calls: 5 }],
    total: {},
  } as unknown as Usage;
  const grouped = (keys: Record<string, string | null>[], left_out = 0): Answer =>
    answer({ groups: keys.map((key) => ({ key, ...figures(1) })), left_out });

  it("are joined from what they used, ran and said", () => {
    const rows = userRows(
      usage,
      grouped([{ user: "ada" }, { user: null }]),
      grouped([
        { user: "ada", session: "1" },
        { user: "ada", session: "2" },
        { user: "ada", session: null },
      ]),
    );
    expect(rows.map(({ user, sessions, traces }) => [user, sessions, traces])).toEqual([
      ["ada", 2, 1],
      [null, 0, 1],
    ]);
  });

  it("say that there may be more sessions where some are left out", () => {
    expect(userRows(usage, undefined, grouped([], 3))[0]?.atLeast).toBe(true);
    expect(userRows(usage, undefined, undefined)[0]?.sessions).toBeNull();
  });
});

describe("a turn of a session", () => {
  const text = (role: string, content: string) => ({ role, parts: [{ type: "text", content }] });
  const call = (id: string, at: string, more: Partial<Span>): Span =>
    ({ ...span(id, null, 0, 10), kind: "llm", started_at: at, ...more }) as Span;

  it("is the last question, what was done, and the last answer", () => {
    const spans = [
      call("b", "2026-01-05T10:00:02Z", {
        parent_span_id: "r",
        output_messages: [text("assistant", "18 degrees")],
      }),
      call("a", "2026-01-05T10:00:01Z", {
        parent_span_id: "r",
        input_messages: [text("user", "hi"), text("assistant", "hello"), text("user", "the weather?")],
      }),
    ];
    const turn = exchangeOf(spans);
    expect(turn.asked).toBe("the weather?");
    expect(turn.answered).toBe("18 degrees");
    expect(turn.steps.map((step) => step.span_id)).toEqual(["a", "b"]);
    expect(turn.failure).toBeNull();
  });

  it("prefers a sentence to data, and the root's words to a call's", () => {
    const root = (content: string) =>
      call("r", "2026-01-05T10:00:00Z", { kind: "agent", input_messages: [text("user", content)] });
    const inner = call("a", "2026-01-05T10:00:01Z", {
      parent_span_id: "r",
      input_messages: [text("user", "Current task: weather")],
    });
    expect(exchangeOf([root('{"task": "weather"}'), inner]).asked).toBe("Current task: weather");
    expect(exchangeOf([root("What is the weather?"), inner]).asked).toBe("What is the weather?");
    expect(exchangeOf([root('{"task": "weather"}')]).asked).toBe('{"task": "weather"}');
  });

  it("says why there is no answer", () => {
    const failed = call("a", "2026-01-05T10:00:01Z", { status: "error", status_message: "429" });
    expect(exchangeOf([failed]).failure).toBe("429");
    expect(exchangeOf([]).asked).toBeNull();
  });
});

describe("steps of narrow charts", () => {
  const at = Date.parse("2026-11-24T12:00:00Z");
  const range = (preset: string) => ({ preset, since: null, until: null });
  it("are wide enough for a few dozen", () => {
    expect(coarseStep(range("15m"), at)).toBe("1m");
    expect(coarseStep(range("24h"), at)).toBe("1h");
    expect(coarseStep(range("7d"), at)).toBe("6h");
    expect(coarseStep(range("30d"), at)).toBe("1d");
    expect(coarseStep(range("all"), at)).toBe("auto");
    expect(coarseStep({ preset: "", since: "2020-01-01T00:00:00Z", until: null }, at)).toBe("auto");
  });
});
