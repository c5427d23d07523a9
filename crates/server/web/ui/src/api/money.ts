// The answers about money: costs, plans, budgets, price books.
import type { Billing, PriceAnswer, UsageRow } from "./types";

/** How the cost of one span comes about. */
export interface SpanCost {
  counted: boolean;
  counted_rule: string | null;
  billing: Billing;
  cost_usd: string | null;
  cost_reason: string | null;
  reported_cost_usd: string | null;
  deviates: boolean;
  at: string;
  /** What chose among the prices of a model: service tier, region and the like. */
  context: Record<string, unknown>;
  price: PriceAnswer | null;
  /** Whether the lines are those that were booked, and not what the present prices give. */
  as_recorded: boolean;
  note: string | null;
}

export interface UnpricedModel {
  provider: string | null;
  model: string | null;
  reason: string;
  calls: number;
  tokens: number;
  first_seen: string | null;
  last_seen: string | null;
}

/** The cost of the running day, week or month at its end. */
export interface Forecast {
  since: string;
  until: string;
  /** Of the period so far. */
  spent_usd: string;
  expected_usd: string;
  low_usd: string;
  high_usd: string;
  /** Share of one. */
  confidence: number;
  method: string;
}

export interface CacheAnalysis {
  read_tokens: number;
  saved_usd: string | null;
  write_extra_usd: string | null;
  net_usd: string | null;
  missed_tokens: number;
  missed_usd: string | null;
  assumption: string;
}

export interface CostlySession {
  session_id: string;
  cost_usd: string | null;
  subscription_usd?: string | null;
  llm_calls: number;
  tokens: number;
  first: string;
  last: string;
}

export interface Suggestion {
  provider: string | null;
  model: string;
  to_provider: string | null;
  to_model: string;
  calls: number;
  cost_usd: string;
  would_cost_usd: string;
  saves_usd: string;
  assumption: string;
}

export interface CostAnalysis {
  since: string;
  until: string;
  bucket: string;
  total: UsageRow;
  previous: UsageRow | null;
  series: {
    start: string;
    cost_usd: string | null;
    subscription_usd: string | null;
    llm_calls: number;
    tokens: number;
  }[];
  trend: { per_bucket_usd: string; percent_per_bucket: number | null } | null;
  forecast: Forecast | null;
  forecast_reason: string | null;
  cache: CacheAnalysis;
  /** The same for calls within subscriptions, at list prices. */
  subscription_cache?: CacheAnalysis | null;
  sessions: CostlySession[];
  suggestions: Suggestion[];
  deviations: { calls: number; computed_usd: string | null; reported_usd: string | null };
  unpriced_calls: number;
  /** Where the calls begin that cache, sessions, suggestions and deviations are of. */
  rows_since?: string;
}

/** One allowance window of a subscription. */
export interface PlanWindow {
  kind: "5h" | "week";
  started_at: string;
  ends_at: string;
  current: boolean;
  llm_calls: number;
  tokens: number;
  list_price_usd: string | null;
  unpriced_calls?: number;
}

export interface Plan {
  provider: string | null;
  framework: string | null;
  user: string | null;
  windows: PlanWindow[];
}

export const BUDGET_PERIODS = ["hour", "day", "week", "month", "total"] as const;
export const BUDGET_ACTIONS = ["block", "degrade", "throttle", "notify"] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];
export type BudgetAction = (typeof BUDGET_ACTIONS)[number];

export interface BudgetConfig {
  limit_usd?: string | number | null;
  limit_tokens?: number | null;
  limit_calls?: number | null;
  period?: BudgetPeriod;
  rolling?: boolean;
  time_zone?: string | null;
  scope?: Record<string, string | null>;
  thresholds?: number[];
  action?: BudgetAction;
  degrade_to?: string | null;
  throttle_ms?: number | null;
  hold_ms?: number | null;
  loop?: {
    repeats?: number | null;
    usd_per_minute?: string | number | null;
    turns?: number | null;
    reset_ms?: number;
  } | null;
}

/** One purse of a budget: all of it, or that of one user, session and so on where the scope says "*". */
export interface BudgetAccount {
  scope: Record<string, string>;
  unit: "usd" | "tokens" | "calls";
  /** Decimal text, in all units. */
  limit: string;
  spent: string;
  reserved: string;
  /** Of what is spent, as a share of the limit; null when that is zero. */
  share: number | null;
  period_start: string | null;
  resets_at: string | null;
  fired: number[];
}

export interface Budget {
  name: string;
  config: BudgetConfig;
  source: "file" | "stored";
  accounts: BudgetAccount[];
}

export interface PriceSources {
  sources: {
    source: string;
    version: string;
    retrieved: string | null;
    license: string | null;
    rules: number;
    in_use: boolean;
  }[];
  user: { path: string | null; entries: number } | null;
  display: { currency: string; rate: string; stated: string } | null;
}

/** A difference that re-pricing makes. */
export interface RepriceSum {
  calls: number;
  changed: number;
  old_usd: string;
  new_usd: string;
  difference_usd: string;
  newly_priced: number;
  /** Calls whose price the present books cannot give: they keep it. */
  kept: number;
}

export interface RepriceRow extends RepriceSum {
  provider: string | null;
  model: string | null;
}

export interface RepriceAnswer {
  id: string | null;
  dry_run: boolean;
  models: RepriceRow[];
  total: RepriceSum;
  /** Sources and versions of the prices that change, and of those they change to. */
  books_before: string[];
  books_after: string[];
  written: number;
  skipped: number;
}

export interface Reprice {
  id: string;
  at: string;
  state: "applied" | "undone" | "unfinished";
  asked: { since?: string | null; until?: string | null; provider?: string | null; model?: string | null };
  models: RepriceRow[];
  total: RepriceSum;
  books_before: string[];
  books_after: string[];
}
