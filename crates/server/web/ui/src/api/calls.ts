// Single calls of models, in any order.
import { useQuery } from "@tanstack/react-query";
import { resolveRange } from "../lib/time";
import { get } from "./client";
import type { Scope } from "./queries";
import type { Tokens } from "./types";

export interface Call {
  trace_id: string;
  span_id: string;
  started_at: string;
  duration_ms: number | null;
  kind: string;
  status: "ok" | "error" | "running";
  model: string | null;
  provider: string | null;
  agent: string | null;
  service: string | null;
  framework: string | null;
  session_id: string | null;
  user_id: string | null;
  tokens: Tokens | null;
  cost_usd: string | null;
  cost_reason: string | null;
}

export interface CallsAnswer {
  calls: Call[];
  total: number;
  /** False where only the oldest of very many calls were read. */
  complete: boolean;
}

/** Calls of one answer. */
const ROWS = 500;

export function useCalls(scope: Scope, sort: string, failed: boolean, refetchMs: number | false) {
  return useQuery({
    queryKey: ["calls", scope, sort, failed],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      get<CallsAnswer>(
        "/calls",
        {
          ...resolveRange(scope.range),
          ...scope.filters,
          failed: failed ? "true" : undefined,
          sort,
          limit: ROWS,
        },
        signal,
      ),
  });
}
