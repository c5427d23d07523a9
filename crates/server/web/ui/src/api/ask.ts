// The one question for figures: how much, how long, how it ended and what it cost, grouped and over time.
import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { periodBefore, resolveRange } from "../lib/time";
import { get } from "./client";
import type { Scope } from "./queries";
import type { Tokens } from "./types";

export const FROM = [
  "calls",
  "tools",
  "agents",
  "workflows",
  "guardrails",
  "retrievals",
  "spans",
  "failures",
  "traces",
  "events",
  "metric",
] as const;
export type From = (typeof FROM)[number];

export interface Ask {
  from: From;
  group_by?: readonly string[];
  /** "auto", "none" or a length such as "5m". Without: none. */
  step?: string;
  top?: number | undefined;
  /** By what groups are the largest: their count, without. */
  sort?: "count" | "errors" | "latency" | "tokens" | "cost" | undefined;
  histogram?: boolean | undefined;
  /** Of a metric: which, and how its points become one. */
  name?: string;
  agg?: string;
  /** Terms of the query language, besides those of the page. */
  filter?: string;
}

/** Milliseconds. */
export interface Spread {
  avg: number;
  min: number;
  p25: number;
  p50: number;
  p75: number;
  p95: number;
  p99: number;
  max: number;
  /** Upper bounds with the number of values up to each, above the bound before. */
  histogram?: [number, number][];
}

export interface Figures {
  count: number;
  errors: number;
  running: number;
  triggered: number;
  tokens: Tokens | null;
  /** Metered calls only; null where none has a price. */
  cost_usd: string | null;
  subscription_usd: string | null;
  unpriced_calls: number;
  latency_ms: Spread | null;
  ttft_ms: Spread | null;
  /** Of a metric. */
  value: number | null;
  last_at: string | null;
  /** An example, of a failed one where there is any. */
  trace_id: string | null;
}

export interface AskPoint extends Figures {
  start: string;
}

export interface AskGroup extends Figures {
  key: Record<string, string | null>;
  points?: AskPoint[];
}

export interface Answer {
  from: From;
  since: string | null;
  until: string | null;
  step_ms: number | null;
  group_by: string[];
  /** The largest first, by what was asked. */
  groups: AskGroup[];
  total: Figures & { points?: AskPoint[] };
  /** Groups that are not listed. */
  left_out: number;
}

/** Both filters must hold. */
export function joinFilters(...filters: (string | null | undefined)[]): string {
  return filters.filter(Boolean).join(" ");
}

function paramsOf(ask: Ask, scope: Scope) {
  const { filter, ...rest } = scope.filters;
  return {
    ...rest,
    from: ask.from,
    group_by: ask.group_by?.join(","),
    step: ask.step ?? "none",
    top: ask.top,
    sort: ask.sort,
    histogram: ask.histogram ? "true" : undefined,
    name: ask.name,
    agg: ask.agg,
    filter: joinFilters(filter, ask.filter),
  };
}

/** `before`: the same about the period of the same length just before, which a range without a beginning does not have. */
export function useAsk(
  ask: Ask,
  scope: Scope,
  refetchMs: number | false = false,
  options: { before?: boolean; enabled?: boolean } = {},
): UseQueryResult<Answer> {
  const range = options.before ? periodBefore(scope.range) : scope.range;
  return useQuery({
    queryKey: ["ask", ask, scope.filters, range],
    enabled: (options.enabled ?? true) && range !== null,
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      get<Answer>("/query", { ...paramsOf(ask, scope), ...resolveRange(range ?? scope.range) }, signal),
  });
}
