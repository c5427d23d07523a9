// What agents, tools and guardrails did: the answers of their routes, and how they are asked.
import { useQuery } from "@tanstack/react-query";
import { resolveRange } from "../lib/time";
import type { Spread } from "./ask";
import { get } from "./client";
import type { Scope } from "./queries";
import type { Tokens, ToolRow } from "./types";

/** What went wrong, how often, and a trace that shows it. */
export interface ErrorKind {
  error: string | null;
  count: number;
  trace_id: string | null;
}

export interface AgentRow {
  name: string | null;
  runs: number;
  errors: number;
  running: number;
  llm_calls: number;
  tool_calls: number;
  llm_calls_per_run: number | null;
  duration_ms: Spread | null;
  /** Of its LLM calls: the time that it spends deciding. */
  decision_ms: Spread | null;
  tokens: Tokens | null;
  cost_usd: string | null;
  subscription_usd: string | null;
  unpriced_calls?: number;
  tools: { name: string | null; calls: number; errors: number }[];
  models: { name: string | null; calls: number }[];
  error_kinds: ErrorKind[];
  last_at: string | null;
}

export interface ToolHour {
  start: string;
  calls: number;
  errors: number;
  p95_ms: number | null;
}

export interface Recommendation {
  code: string;
  values: Record<string, string | number | null>;
}

export interface ToolInsight extends ToolRow {
  /** The last 24 hours; hours without a call may be left out. */
  hours: ToolHour[];
  /** Tokens that the model wrote for each token that it was given, of the calls made within the tool. */
  output_per_input: number | null;
  error_kinds: ErrorKind[];
  baseline: {
    since: string;
    until: string;
    calls: number;
    success_rate: number | null;
    p50_ms: number | null;
    p95_ms: number | null;
  } | null;
  /** Against the baseline: percentage points of success, percent of p95. */
  change: { success_points: number | null; p95_percent: number | null } | null;
  recommendations: Recommendation[];
}

export interface GuardrailRow {
  name: string | null;
  framework: string | null;
  checks: number;
  triggered: number;
  errors: number;
  latency_ms: Spread | null;
  last_at: string | null;
  trace_id: string | null;
}

export interface Guardrails {
  checks: number;
  triggered: number;
  errors: number;
  rows: GuardrailRow[];
  series: { start: string; checks: number; triggered: number; errors: number }[];
  step_ms: number | null;
  /** `metric` counted them; else guardrails of that name were triggered. */
  detections: { kind: "pii" | "secret"; type: string; count: number; metric?: string | null }[];
}

const asked = (scope: Scope) => ({ ...resolveRange(scope.range), ...scope.filters });

export function useAgents(scope: Scope | null, refetchMs: number | false) {
  return useQuery({
    queryKey: ["agents", scope],
    enabled: scope !== null,
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) =>
      scope === null ? [] : (await get<{ agents: AgentRow[] }>("/agents", asked(scope), signal)).agents,
  });
}

export function useToolInsights(scope: Scope, refetchMs: number | false, enabled = true) {
  return useQuery({
    queryKey: ["tool-insights", scope],
    enabled,
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) =>
      (await get<{ tools: ToolInsight[] }>("/tools/insights", asked(scope), signal)).tools,
  });
}

export function useGuardrails(scope: Scope | null, refetchMs: number | false) {
  return useQuery({
    queryKey: ["guardrails", scope],
    enabled: scope !== null,
    refetchInterval: refetchMs,
    queryFn: ({ signal }) => get<Guardrails>("/guardrails", scope ? asked(scope) : {}, signal),
  });
}
