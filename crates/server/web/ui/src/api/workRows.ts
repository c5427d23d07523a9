// Single LLM calls, tool runs and other spans of all traces: the records that figures count, page by page.
import { useInfiniteQuery } from "@tanstack/react-query";
import { resolveRange } from "../lib/time";
import { get } from "./client";
import type { Scope } from "./queries";
import type { Kind, Tokens } from "./types";

export interface WorkRow {
  trace_id: string;
  span_id: string;
  name: string;
  kind: Kind;
  started_at: string;
  duration_ms: number | null;
  time_to_first_token_ms: number | null;
  status: "ok" | "error" | "running";
  error: string | null;
  model: string | null;
  provider: string | null;
  tool: string | null;
  agent: string | null;
  service: string | null;
  framework: string | null;
  session_id: string | null;
  user_id: string | null;
  tokens: Tokens | null;
  cost_usd: string | null;
  cost_reason: string | null;
}

interface WorkRowsPage {
  spans: WorkRow[];
  total: number;
  next_cursor: string | null;
}

/** Conditions of the span itself, beside the filter. */
export interface WorkRowAsk {
  kind: string | undefined;
  state: string | undefined;
  /** None or one; an empty text means calls that name none. */
  provider: readonly string[];
  within: readonly string[];
  convention: readonly string[];
  message: readonly string[];
}

const ROWS = 200;

export function useWorkRows(scope: Scope, ask: WorkRowAsk, sort: string, refetchMs: number | false) {
  return useInfiniteQuery({
    queryKey: ["spans", scope, ask, sort],
    refetchInterval: refetchMs,
    initialPageParam: null as { cursor: string; bounds: object } | null,
    queryFn: async ({ pageParam, signal }) => {
      // Later pages keep the bounds of the first, else a moving "last hour" would shift under the cursor.
      const bounds = pageParam?.bounds ?? resolveRange(scope.range);
      const page = await get<WorkRowsPage>(
        "/spans",
        { ...bounds, ...scope.filters, ...ask, sort, limit: ROWS, cursor: pageParam?.cursor },
        signal,
      );
      return { ...page, bounds };
    },
    getNextPageParam: (last) => (last.next_cursor ? { cursor: last.next_cursor, bounds: last.bounds } : null),
  });
}
