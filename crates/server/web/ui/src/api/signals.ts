// The answers about events, metrics and the server itself.
import { useInfiniteQuery, useMutation, useQuery } from "@tanstack/react-query";
import { type Range, resolveRange } from "../lib/time";
import { get, post } from "./client";
import { queryClient } from "./queries";

export const LEVELS = ["trace", "debug", "info", "success", "warning", "error", "critical"] as const;
export type Level = (typeof LEVELS)[number];

export interface EventRow {
  time: string;
  level: Level;
  /** Null for plain log lines. */
  type: string | null;
  body: unknown;
  attributes: Record<string, unknown>;
  trace_id: string | null;
  span_id: string | null;
  session_id: string | null;
  agent: string | null;
  framework: string | null;
  service: string | null;
  scope: string | null;
}

interface EventsPage {
  events: EventRow[];
  next_cursor: string | null;
}

export const EVENTS_PAGE = 200;

/** Events of a range, newest first, page by page; the parameters are those of the API. */
export function useEvents(range: Range, filters: Record<string, string>) {
  return useInfiniteQuery({
    queryKey: ["events", range, filters],
    initialPageParam: null as { cursor: string; bounds: object } | null,
    queryFn: async ({ pageParam, signal }) => {
      const bounds = pageParam?.bounds ?? resolveRange(range);
      const asked = { ...bounds, ...filters, limit: EVENTS_PAGE, cursor: pageParam?.cursor };
      return { ...(await get<EventsPage>("/events", asked, signal)), bounds };
    },
    getNextPageParam: (last) => (last.next_cursor ? { cursor: last.next_cursor, bounds: last.bounds } : null),
  });
}

export type Instrument =
  | "gauge"
  | "counter"
  | "up_down_counter"
  | "histogram"
  | "exponential_histogram"
  | "summary";

export interface MetricName {
  name: string;
  unit: string;
  description: string;
  instrument: Instrument;
  series: number;
  last_at: string;
}

export interface MetricSeries {
  labels: Record<string, string>;
  points: [string, number | null][];
}

export function useMetricNames(refetchMs: number | false) {
  return useQuery({
    queryKey: ["metrics"],
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) => (await get<{ metrics: MetricName[] }>("/metrics", {}, signal)).metrics,
  });
}

export interface MetricAsk {
  name: string;
  agg: string;
  /** Labels by which series are put together; null leaves each by itself. */
  by: string | null;
  labels: Record<string, string>;
  /** Milliseconds. */
  step: number;
}

export function useMetricSeries(ask: MetricAsk | null, range: Range, refetchMs: number | false) {
  return useQuery({
    queryKey: ["metric-series", ask, range],
    enabled: ask !== null,
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) => {
      const asked = new URLSearchParams();
      const bounds = resolveRange(range);
      for (const [name, value] of Object.entries({
        ...bounds,
        name: ask?.name,
        agg: ask?.agg,
        step: ask?.step,
      })) {
        if (value !== undefined && value !== null) asked.set(name, String(value));
      }
      // An empty list of labels says something: all series as one.
      if (ask && ask.by !== null) asked.set("by", ask.by);
      if (ask && Object.keys(ask.labels).length > 0) asked.set("labels", JSON.stringify(ask.labels));
      return (await get<{ series: MetricSeries[] }>(`/metrics/query?${asked}`, {}, signal)).series;
    },
  });
}

export interface BackendState {
  name: string;
  state: "ready" | "degraded" | "down";
  reason: string | null;
  /** Null of the store, which is written to before anybody is answered. */
  delivery: Delivery | null;
}

/** How delivery to a backend goes, since the start. */
export interface Delivery {
  written: number;
  queued: number;
  lag_s: number;
  spool_bytes: number;
  dead_letters: number;
  dropped: Record<string, number>;
  failures: number;
  last_error: string | null;
}

export interface SystemSample {
  at: string;
  cpu_percent: number | null;
  rss_bytes: number | null;
  queue_requests: number;
  spans_per_s: number;
  drops_per_s: number;
  store_bytes: number | null;
}

export interface SystemState {
  now: string;
  uptime_s: number;
  process: {
    cpu_percent: number | null;
    rss_bytes: number | null;
    threads: number | null;
    open_files: number | null;
  };
  host: {
    cpus: number;
    cpu_percent: number | null;
    memory_total: number | null;
    memory_used: number | null;
  };
  disk: { path: string | null; total: number | null; free: number | null; store_bytes: number | null };
  queue: { requests: number; bytes: number; max_requests: number; max_bytes: number };
  ingest: { spans: number; events: number; metrics: number; spans_per_s: number };
  drops: { signal: string; reason: string; count: number }[];
  backends: BackendState[];
  search: { lag_spans: number; lag_ms: number } | null;
  history: SystemSample[];
}

export function useSystem(refetchMs: number | false = 5_000) {
  return useQuery({
    queryKey: ["system"],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) => get<SystemState>("/system", {}, signal),
  });
}

/** Sends what a backend refused once more. */
export function useReplay() {
  return useMutation({
    mutationFn: (name: string) =>
      post<{ records: number; left: number }>(
        `/backends/${encodeURIComponent(name)}/dead-letters/replay`,
        {},
      ),
    onSettled: () => void queryClient.invalidateQueries({ queryKey: ["system"] }),
  });
}
