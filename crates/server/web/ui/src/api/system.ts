// How the server itself is doing.
import { useQuery } from "@tanstack/react-query";
import { get } from "./client";

export interface SystemState {
  now: string;
  uptime_s: number;
  process: {
    cpu_percent: number | null;
    rss_bytes: number | null;
    threads: number | null;
    open_files: number | null;
  };
  host: { cpus: number; cpu_percent: number | null; memory_total: number | null; memory_used: number | null };
  disk: { path: string; total: number | null; free: number | null; store_bytes: number | null };
  queue: { requests: number; bytes: number; max_requests: number; max_bytes: number };
  ingest: { spans: number; events: number; metrics: number; spans_per_s: number | null };
  drops: { signal: string; reason: string; count: number }[];
  backends: { name: string; state: string; reason: string | null }[];
  search: { lag_spans: number; lag_ms: number } | null;
  history: {
    at: string;
    cpu_percent: number | null;
    rss_bytes: number | null;
    queue_requests: number;
    spans_per_s: number;
    drops_per_s: number;
    store_bytes: number | null;
  }[];
}

/** A source whose spans look like model calls and are not read. */
export interface UnreadSource {
  scope: string;
  version: string;
  service: string | null;
  spans: number;
  why: string;
  first_seen: string;
  last_seen: string;
  sample: {
    trace_id: string;
    span_id: string;
    name: string;
    attributes: Record<string, unknown>;
  } | null;
}

export function useUnreadSources() {
  return useQuery({
    queryKey: ["sources", "unread"],
    refetchInterval: 30_000,
    queryFn: ({ signal }) => get<{ sources: UnreadSource[] }>("/sources/unread", {}, signal),
  });
}

/** A field whose share of a source's spans changed. */
export interface FieldChange {
  source: string;
  version: string;
  version_before: string;
  kind: string | null;
  field: string;
  since: string;
  share_before: number;
  share_after: number;
  spans_before: number;
  spans_after: number;
}

/** What of a source's telemetry came and what is missing. */
export interface SourceCompleteness {
  source: string;
  version: string;
  first_seen: string;
  last_seen: string;
  spans: number;
  judged_spans: number;
  orphan_spans: number;
  judged_traces: number;
  rootless_traces: number;
  missing_records: number;
  silent_since: string | null;
}

export function useDrift() {
  return useQuery({
    queryKey: ["sources", "drift"],
    refetchInterval: 60_000,
    queryFn: ({ signal }) =>
      get<{ changes: FieldChange[]; sources: SourceCompleteness[] }>("/sources/drift", {}, signal),
  });
}

export function useSystem(refetchMs: number | false = 10_000) {
  return useQuery({
    queryKey: ["system"],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) => get<SystemState>("/system", {}, signal),
  });
}
