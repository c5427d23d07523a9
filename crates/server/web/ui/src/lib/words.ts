// Words for what the wire names: fields, lengths of time, units. One that is not listed is shown as it comes.
import type { Estimated } from "../api/types";
import type { Grain } from "./buckets";
import { count, usd } from "./format";
import { t } from "./i18n";

/** A field of spans and traces, within a sentence or on a button. */
export function fieldName(field: string): string {
  const words: Record<string, string> = {
    model: t("model"),
    provider: t("provider"),
    agent: t("agent"),
    framework: t("framework"),
    service: t("service"),
    session: t("session"),
    user: t("user"),
    tool: t("tool"),
    tag: t("tag"),
    project: t("project"),
    commit: t("commit"),
    branch: t("branch"),
    convention: t("convention"),
    error: t("failure"),
    env: t("environment"),
    version: t("version"),
    language: t("language"),
    time: t("time"),
  };
  return words[field] ?? field;
}

/** A value of a field whose values are words of Quipu. */
export function valueName(field: string, value: string): string {
  const words: Record<string, Record<string, string>> = {
    status: { ok: t("ok"), error: t("error"), unset: t("no status"), running: t("running") },
    error: {
      rate_limit: t("rate limit"),
      timeout: t("timeout"),
      context_length: t("context length"),
      content_filter: t("content filter"),
      authentication: t("authentication"),
      quota: t("quota"),
      unavailable: t("unavailable"),
      invalid_request: t("invalid request"),
      connection: t("connection"),
      tool_error: t("tool error"),
      cancelled: t("cancelled"),
      other: t("other"),
    },
  };
  return words[field]?.[value] ?? value;
}

/** An hour, a day, a week or a month. */
export function grainName(grain: Grain): string {
  return { hour: t("hour"), day: t("day"), week: t("week"), month: t("month") }[grain];
}

/** What the kinds of work that share a hue are called. */
export function hueName(hue: string): string {
  const words: Record<string, string> = {
    llm: t("llm"),
    tool: t("tool"),
    agent: t("agent"),
    retrieval: t("retrieval"),
    guardrail: t("guardrail"),
    other: t("other"),
    waiting: t("waiting"),
  };
  return words[hue] ?? hue;
}

/** "1 call", "2 calls". */
export const callsText = (calls: number): string => t("{n} calls", { count: calls, n: count(calls) });

/** "1,650 tokens". */
/** What calls without usage are estimated to have used. */
export function estimatedText(of: Estimated): string {
  const calls = t("{n} calls without usage, estimated from their messages", {
    count: of.calls,
    n: count(of.calls),
  });
  const tokens = t("≈ {n} tokens", { n: count(of.tokens.total) });
  const range =
    of.cost_low_usd && of.cost_high_usd ? [`${usd(of.cost_low_usd)} – ${usd(of.cost_high_usd)}`] : [];
  return [calls, tokens, ...range].join("\n");
}

export const tokensText = (tokens: number): string => t("{n} tokens", { count: tokens, n: count(tokens) });
