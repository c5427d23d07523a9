// What a tool's figures mean, in words: its change against the time before, and what to do about it.
import type { Recommendation, ToolInsight } from "../../api/insight";
import { compact, count, duration, marked, percent, percentSign } from "../../lib/format";
import { t } from "../../lib/i18n";
import { firstLine } from "../roster/names";

/** Smaller changes are noise. */
const POINTS = 0.5;
const PERCENT = 5;
const DAY_MS = 86_400_000;

export type Tone = "better" | "worse" | "same";

export interface Said {
  text: string;
  tone: Tone;
}

/** How long the baseline is: "the 7 days before". */
export function baselineSpan(tool: ToolInsight): string {
  if (!tool.baseline) return t("before");
  const length = Date.parse(tool.baseline.until) - Date.parse(tool.baseline.since);
  const days = Math.round(length / DAY_MS);
  if (days >= 1) return t("in the {count} days before", { count: days });
  return t("in the {count} hours before", { count: Math.max(1, Math.round(length / 3_600_000)) });
}

/** The change against the baseline, a sentence for each figure. Empty without a baseline. */
export function changeWords(tool: ToolInsight): Said[] {
  const { baseline, change } = tool;
  if (!baseline || !change) return [];
  const said: Said[] = [];
  const points = change.success_points;
  if (points !== null && tool.success_rate !== null && baseline.success_rate !== null) {
    const values = {
      n: marked(Math.abs(points).toFixed(1)),
      now: percent(tool.success_rate),
      before: percent(baseline.success_rate),
    };
    said.push(
      Math.abs(points) < POINTS
        ? { text: t("success unchanged, {now}", values), tone: "same" }
        : points > 0
          ? { text: t("{n} points more reliable: {now} (was {before})", values), tone: "better" }
          : { text: t("{n} points less reliable: {now} (was {before})", values), tone: "worse" },
    );
  }
  const slower = change.p95_percent;
  if (slower !== null) {
    const values = {
      n: `${count(Math.abs(slower))}${percentSign()}`,
      now: duration(tool.latency_ms.p95),
      before: duration(baseline.p95_ms),
    };
    said.push(
      Math.abs(slower) < PERCENT
        ? { text: t("p95 unchanged, {now}", values), tone: "same" }
        : slower > 0
          ? { text: t("p95 {now} (was {before}, +{n})", values), tone: "worse" }
          : { text: t("p95 {now} (was {before}, −{n})", values), tone: "better" },
    );
  }
  return said;
}

type Values = Recommendation["values"];

const number = (values: Values, name: string): number => {
  const value = values[name];
  return Number(value ?? Number.NaN);
};
const ms = (values: Values, name: string) => duration(number(values, name));
const rate = (values: Values, name: string) => percent(number(values, name));
const whole = (values: Values, name: string) => count(number(values, name));

export interface Advised {
  /** What is the matter. */
  what: string;
  /** The step that would help. */
  todo: string;
  /** A trace that shows it. */
  traceId?: string;
}

/** The codes that the server knows, each with its words. */
const WORDS: Record<string, (values: Values) => Advised> = {
  failing_more: (v) => ({
    what: t("Fails more than before: {now} success, {before} in the week before.", {
      now: rate(v, "success_rate"),
      before: rate(v, "baseline_success_rate"),
    }),
    todo: t("Check recent changes: its version, its dependencies, or how the model calls it."),
  }),
  often_fails: (v) => ({
    what: t("Fails often: {errors} of {calls} runs.", {
      errors: whole(v, "errors"),
      calls: whole(v, "calls"),
    }),
    todo: t("Validate arguments first and return an error that shows a correct call; the model reads it."),
  }),
  slower: (v) => ({
    what: t("Slower than before: p95 {now}, {before} in the week before.", {
      now: ms(v, "p95_ms"),
      before: ms(v, "baseline_p95_ms"),
    }),
    todo: t("Open its slowest traces and see which call within it waits."),
  }),
  slow_tail: (v) => ({
    what: t("A few runs take far longer than most: p99 {p99} at a median of {p50}.", {
      p99: ms(v, "p99_ms"),
      p50: ms(v, "p50_ms"),
    }),
    todo: t("Set a timeout slightly above its p95, then retry once or answer with the results so far."),
  }),
  timeouts: (v) => ({
    what: t("{timeouts} of {errors} failures are time-outs.", {
      timeouts: whole(v, "timeouts"),
      errors: whole(v, "errors"),
    }),
    todo: t("Its p99 is {p99}: a longer time-out would help if the answers are worth waiting for.", {
      p99: ms(v, "p99_ms"),
    }),
  }),
  flaky: (v) => ({
    what: t("Flaky: failed in {failing} of {active} hours, never for all of one.", {
      failing: whole(v, "failing_hours"),
      active: whole(v, "active_hours"),
    }),
    todo: t("Retry after a pause before you report the failure to the model."),
  }),
  one_error_dominates: (v) => ({
    what: t("{share} of the failures are the same: “{error}”.", {
      share: percent(number(v, "part"), 0),
      error: v.error ? firstLine(String(v.error)) : t("no error message"),
    }),
    todo: t("One fix would end most of them."),
    ...(typeof v.trace_id === "string" ? { traceId: v.trace_id } : {}),
  }),
  costly_output: (v) => ({
    what: t("Calls within it write {ratio} tokens for each that they read, {tokens} in all.", {
      ratio: marked(number(v, "output_per_input").toFixed(2)),
      tokens: compact(number(v, "output_tokens")),
    }),
    todo: t("Output causes most of the cost. Ask for less, or limit it with max_tokens."),
  }),
  rarely_used: (v) => ({
    what: t("Hardly ever chosen: {calls} of {all} runs.", {
      calls: whole(v, "calls"),
      all: whole(v, "all_calls"),
    }),
    todo: t("Improve the description or remove it: each offered tool costs input tokens on every call."),
  }),
};

/** A code in its own words, for one that this page does not know yet. */
function plain({ code, values }: Recommendation): string {
  const said = Object.entries(values).map(([name, value]) => `${name.replaceAll("_", " ")} ${value ?? "–"}`);
  return [code.replaceAll("_", " "), ...said].join(" · ");
}

/** A recommendation as what is the matter, and what to do. */
export function recommendationWords(one: Recommendation): Advised {
  return WORDS[one.code]?.(one.values) ?? { what: plain(one), todo: "" };
}
