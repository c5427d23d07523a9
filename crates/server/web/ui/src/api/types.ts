// The wire JSON of /api/v1. Times are RFC 3339 text, durations milliseconds, money decimal text in USD or null.

export type Status = "ok" | "error" | "unset" | "running";

export type Kind =
  | "agent"
  | "workflow"
  | "task"
  | "llm"
  | "embedding"
  | "retrieval"
  | "rerank"
  | "tool"
  | "guardrail"
  | "evaluator"
  | "memory"
  | "planning"
  | "other";

/** input and output are totals; the cached parts belong to input, reasoning to output. */
export interface Tokens {
  input: number;
  output: number;
  cache_read: number;
  cache_write: number;
  reasoning: number;
  total: number;
}

export interface TraceSummary {
  trace_id: string;
  name: string;
  service: string | null;
  framework: string | null;
  convention: string | null;
  started_at: string;
  duration_ms: number | null;
  status: Status;
  spans: number;
  llm_calls: number;
  tool_calls: number;
  errors: number;
  tokens: Tokens;
  cost_usd: string | null;
  cost_reason?: string | null;
  unpriced_calls?: number;
  reported_cost_usd: string | null;
  /** What calls within a subscription would cost at list prices; never part of cost_usd. */
  subscription_usd?: string | null;
  session_id: string | null;
  user_id: string | null;
  agents: string[];
  models: string[];
  project?: string | null;
  commit?: string | null;
  branch?: string | null;
  tags?: string[];
}

export type Part =
  | { type: "text"; content: string }
  | { type: "reasoning"; content: string }
  | { type: "tool_call"; id?: string | null; name: string; arguments?: unknown }
  | { type: "tool_call_response"; id?: string | null; response?: unknown }
  | { type: string; [key: string]: unknown };

export interface Message {
  role: string;
  parts: Part[];
  name?: string | null;
  finish_reason?: string | null;
}

export interface SpanEvent {
  name: string;
  time: string;
  attributes: Record<string, unknown>;
}

export interface SpanLink {
  trace_id: string;
  span_id: string;
  attributes: Record<string, unknown>;
}

export interface PriceRule {
  source: string;
  version: string;
  id: string;
}

/** Metered calls are billed one by one; those of a subscription are paid for by its flat price. */
export type Billing = "metered" | "subscription";

/** One line of a bill: amount = count × unit price / per. */
export interface PriceLine {
  unit: string;
  count: number;
  unit_price_usd: string;
  per: number;
  amount_usd: string;
}

export interface PriceAnswer {
  total_usd: string | null;
  reason?: string | null;
  lines?: PriceLine[];
  rule?: PriceRule;
  fallbacks?: string[];
}

/** In lists with detail=summary the optional fields are left out, and what only the whole span says is null. */
export interface Span {
  span_id: string;
  parent_span_id: string | null;
  name: string;
  kind: Kind;
  started_at: string;
  duration_ms: number | null;
  status: Status;
  status_message: string | null;
  agent: string | null;
  provider: string | null;
  model: string | null;
  tool: string | null;
  tokens: Tokens | null;
  counted: boolean;
  counted_reason?: string | null;
  cost_usd: string | null;
  cost_reason: string | null;
  reported_cost_usd: string | null;
  billing?: Billing;
  reported_deviates?: boolean;
  ttft_ms: number | null;
  finish_reasons?: string[];
  input_messages?: Message[];
  output_messages?: Message[];
  attributes?: Record<string, unknown>;
  events?: SpanEvent[];
  links?: SpanLink[];
  error_type?: string | null;
  error_class?: string | null;
  price?: PriceRule | null;
  tool_arguments?: unknown;
  tool_result?: unknown;
  tool_definitions?: unknown[];
  params?: Record<string, unknown>;
  resource?: Record<string, unknown>;
  notes?: string[];
  source?: { convention: string | null; instrumentation: string | null; version: string | null };
  conflicts?: SpanConflict[];
  /** On an inferred tool run, the call that was given its result. */
  inferred_from?: string;
  /** What a call without usage used, by an estimate from its messages. */
  estimated?: SpanEstimate;
}

/** A version that was refused because the span had ended. Attributes are left out of lists, and where they are too large. */
export interface SpanConflict {
  arrived_at: string;
  same_sender: boolean;
  name: string;
  started_at: string;
  ended_at: string | null;
  service: string | null;
  attributes?: Record<string, unknown>;
}

export interface Latency {
  avg: number | null;
  p50: number | null;
  p95: number | null;
  p99: number | null;
}

export interface UsageRow {
  llm_calls: number;
  errors: number;
  tokens: Tokens;
  /** Metered calls only. */
  cost_usd: string | null;
  /** Calls within a subscription at list prices; never part of cost_usd. */
  subscription_usd?: string | null;
  unpriced_calls: number;
  unpriced_reasons?: Record<string, number>;
  /** Calls whose reported cost is not the computed one. */
  deviating_calls?: number;
  latency_ms: Latency;
  /** Calls whose source says no usage; the other figures leave their tokens and cost out. */
  estimated?: Estimated;
}

export interface Estimated {
  calls: number;
  tokens: Tokens;
  cost_usd: string | null;
  cost_low_usd: string | null;
  cost_high_usd: string | null;
}

export interface UsageGroup extends UsageRow {
  key: Record<string, string | null>;
}

export interface Usage {
  groups: UsageGroup[];
  total: UsageRow;
}

export interface ToolRow {
  name: string;
  calls: number;
  errors: number;
  success_rate: number | null;
  latency_ms: Latency;
  last_error: string | { message?: string; at?: string; time?: string; trace_id?: string } | null;
  /** Runs that no span tells of, inferred from messages; the other figures leave them out. */
  inferred?: number;
}

export interface TokenRange {
  low: number;
  expected: number;
  high: number;
}

export interface SpanEstimate {
  input: TokenRange;
  output: TokenRange;
  cost_usd: string | null;
  cost_low_usd: string | null;
  cost_high_usd: string | null;
}

export interface Session {
  session_id: string;
  user_id: string | null;
  started_at: string;
  last_at: string;
  traces: number;
  llm_calls: number;
  tool_calls: number;
  errors: number;
  tokens: Tokens;
  cost_usd: string | null;
  /** By list price, under a subscription: no part of `cost_usd`. */
  subscription_usd?: string | null;
  cost_reason?: string | null;
  agents: string[];
  models: string[];
}

export interface ServerStatus {
  version: string;
  started_at: string;
  listeners: {
    http: string | null;
    otlp_http: string | null;
    otlp_grpc: string | null;
    prometheus: string | null;
  };
  demo: boolean;
  store: { uri: string; days: number | null; spans: number; bytes: number | null };
  search: { lag_spans: number; lag_ms: number } | null;
}

export interface TracePage {
  trace: TraceSummary;
  spans: Span[];
  next_after: string | null;
}

export interface TracesPage {
  traces: TraceSummary[];
  next_cursor: string | null;
}

export interface SessionsPage {
  sessions: Session[];
  next_cursor: string | null;
}

export interface SessionPage {
  session: Session;
  traces: TraceSummary[];
  next_cursor: string | null;
}

export interface FacetValue {
  value: string;
  traces: number;
}

interface Numbered {
  /** Counted through all topics of one run of the server. */
  seq?: number;
}

/** Budgets, events and system frames are told by the files that read them; here they are known by name. */
export type LiveFrame = Numbered &
  (
    | { type: "hello"; now: string; boot?: string; resumed?: boolean; missed?: number | null }
    | { type: "trace"; trace: TraceSummary }
    | { type: "deleted"; trace_ids: string[] }
    | { type: "budget"; [key: string]: unknown }
    | { type: "event"; [key: string]: unknown }
    | { type: "system"; [key: string]: unknown }
    | { type: "lagged"; missed: number }
    | { type: "ping" }
  );

/** One canonical value of a span and where it comes from. */
export interface LensLine {
  field: string;
  value: string;
  key: string | null;
  passed_over: string[];
  rule: string | null;
}

/** How one span was read, and why it counts or does not. */
export interface Lens {
  adapter: string | null;
  enriched_by: string[];
  convention: string | null;
  signal: string;
  counted: boolean;
  rule: string | null;
  rule_text: string | null;
  reading: string | null;
  reading_text: string | null;
  lines: LensLine[];
  unread: string[];
  notes: string[];
  priced_by: PriceRule | null;
  cost_reason: string | null;
}

/** One framework by one convention: what it did, what it sends and what it lacks. */
export interface ParityRow {
  framework: string | null;
  convention: string | null;
  traces: number;
  sessions: number;
  users: number;
  agents: number;
  llm_calls: number;
  tool_calls: number;
  errors: number;
  tokens: Tokens;
  cost_usd: string | null;
  reported_cost_usd: string | null;
  unpriced_calls: number;
  first_seen: string | null;
  last_seen: string | null;
  /** What its traces hold, whoever made the calls: a framework's calls are often those of the provider's library. */
  in_traces: {
    llm_calls: number;
    errors: number;
    tokens: Tokens;
    cost_usd: string | null;
    unpriced_calls: number;
  };
  sampled_calls: number;
  sends: { signal: string; share: number }[];
  lacks: string[];
}

export interface Parity {
  complete: boolean;
  traces_read: number;
  frameworks: ParityRow[];
}
