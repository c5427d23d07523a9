// What the pages ask, as cached queries. Keys hold the range as chosen; its bounds are resolved when asked.
import { keepPreviousData, QueryClient, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Range, resolveRange } from "../lib/time";
import { get, Problem } from "./client";
import type { Budget, CostAnalysis, Plan, PriceSources, SpanCost, UnpricedModel } from "./money";
import type {
  FacetValue,
  Lens,
  Parity,
  ServerStatus,
  SessionPage,
  SessionsPage,
  Span,
  ToolRow,
  TracePage,
  TracesPage,
  Usage,
} from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      gcTime: 300_000,
      refetchOnWindowFocus: false,
      placeholderData: keepPreviousData,
      retry: (failures, error) =>
        failures < 1 && !(error instanceof Problem && error.status > 0 && error.status < 500),
      retryDelay: 600,
    },
  },
});

export interface Scope {
  range: Range;
  filters: Record<string, string>;
}

export const PAGE_ROWS = 100;

export function useTraces(scope: Scope, sort: string) {
  return useInfiniteQuery({
    queryKey: ["traces", scope, sort],
    initialPageParam: null as { cursor: string; bounds: object } | null,
    queryFn: async ({ pageParam, signal }) => {
      // Later pages keep the bounds of the first, else a moving "last hour" would shift under the cursor.
      const bounds = pageParam?.bounds ?? resolveRange(scope.range);
      const page = await get<TracesPage>(
        "/traces",
        { ...bounds, ...scope.filters, sort, limit: PAGE_ROWS, cursor: pageParam?.cursor },
        signal,
      );
      return { ...page, bounds };
    },
    getNextPageParam: (last) => (last.next_cursor ? { cursor: last.next_cursor, bounds: last.bounds } : null),
  });
}

/** The newest page for the same scope, to see which traces are not on the screen yet. */
export function headOfTraces(scope: Scope, sort: string): Promise<TracesPage> {
  return get<TracesPage>("/traces", {
    ...resolveRange(scope.range),
    ...scope.filters,
    sort,
    limit: PAGE_ROWS,
  });
}

export const SPANS_PER_PAGE = 5_000;

/** The spans of a trace without their payloads, page by page. */
export function useTrace(traceId: string) {
  const query = useInfiniteQuery({
    queryKey: ["trace", traceId],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) =>
      get<TracePage>(
        `/traces/${encodeURIComponent(traceId)}`,
        { detail: "summary", limit: SPANS_PER_PAGE, after: pageParam },
        signal,
      ),
    getNextPageParam: (last) => last.next_after,
    placeholderData: undefined,
    staleTime: 30_000,
    // What changed is told by the live feed, see useTraceChanges.
    refetchOnReconnect: false,
  });
  const pages = query.data?.pages;
  const spans = useMemo(() => pages?.flatMap((page) => page.spans) ?? [], [pages]);
  return { ...query, spans, trace: pages?.[0]?.trace };
}

export function useSpan(traceId: string, spanId: string | null) {
  return useQuery({
    queryKey: ["span", traceId, spanId],
    enabled: spanId !== null,
    staleTime: 60_000,
    placeholderData: undefined,
    queryFn: async ({ signal }) => {
      const path = `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId ?? "")}`;
      return (await get<{ span: Span }>(path, {}, signal)).span;
    },
  });
}

/** How a span was read: which attribute gave what, and why it counts or does not. */
export function useLens(traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["lens", traceId, spanId],
    staleTime: 60_000,
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      get<Lens>(
        `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}/lens`,
        {},
        signal,
      ),
  });
}

/** The time ranges that the parity matrix knows; other ranges show all that is stored. */
const PARITY_RANGES = ["1h", "24h", "7d", "30d"];

/** What each framework sends by each convention. */
export function useParity(range: Range) {
  const time_range = PARITY_RANGES.find((known) => known === range.preset);
  return useQuery({
    queryKey: ["parity", time_range],
    queryFn: ({ signal }) => get<Parity>("/api/parity-matrix", { time_range }, signal),
  });
}

/** How the cost of a call comes about, line by line. */
export function useSpanCost(traceId: string, spanId: string) {
  return useQuery({
    queryKey: ["span-cost", traceId, spanId],
    staleTime: 60_000,
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      get<SpanCost>(
        `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}/cost`,
        {},
        signal,
      ),
  });
}

export function useUsage(scope: Scope, groupBy: string, refetchMs: number | false, enabled = true) {
  return useQuery({
    queryKey: ["usage", scope, groupBy],
    enabled,
    refetchInterval: refetchMs,
    // The answer carries how it was grouped: while the next one is fetched, it stays on the screen as what it is.
    queryFn: async ({ signal }) => {
      const asked = { ...resolveRange(scope.range), ...scope.filters, group_by: groupBy };
      return { ...(await get<Usage>("/usage", asked, signal)), groupBy };
    },
  });
}

/** What the sums do not say: the period before, trend and forecast, what the cache saved, the dearest sessions. */
export function useCostAnalysis(scope: Scope, bucket: string, refetchMs: number | false) {
  return useQuery({
    queryKey: ["cost-analysis", scope, bucket],
    refetchInterval: refetchMs,
    queryFn: ({ signal }) =>
      get<CostAnalysis>(
        "/costs/analysis",
        { ...resolveRange(scope.range), ...scope.filters, bucket },
        signal,
      ),
  });
}

export function useUnpriced(scope: Scope, refetchMs: number | false) {
  return useQuery({
    queryKey: ["unpriced", scope],
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) =>
      (
        await get<{ models: UnpricedModel[] }>(
          "/costs/unpriced",
          { ...resolveRange(scope.range), ...scope.filters },
          signal,
        )
      ).models,
  });
}

export function usePlans(scope: Scope, refetchMs: number | false) {
  return useQuery({
    queryKey: ["plans", scope],
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) =>
      (await get<{ plans: Plan[] }>("/plans", { ...resolveRange(scope.range), ...scope.filters }, signal))
        .plans,
  });
}

export function usePriceSources() {
  return useQuery({
    queryKey: ["price-sources"],
    staleTime: 60_000,
    queryFn: ({ signal }) => get<PriceSources>("/prices", {}, signal),
  });
}

export function useBudgets() {
  return useQuery({
    queryKey: ["budgets"],
    refetchInterval: 5_000,
    queryFn: async ({ signal }) => (await get<{ budgets: Budget[] }>("/budgets", {}, signal)).budgets,
  });
}

export function useTools(scope: Scope, refetchMs: number | false) {
  return useQuery({
    queryKey: ["tools", scope],
    refetchInterval: refetchMs,
    queryFn: async ({ signal }) =>
      (await get<{ tools: ToolRow[] }>("/tools", { ...resolveRange(scope.range), ...scope.filters }, signal))
        .tools,
  });
}

export function useSessions(scope: Scope, refetchMs: number | false) {
  return useInfiniteQuery({
    queryKey: ["sessions", scope],
    refetchInterval: refetchMs,
    initialPageParam: null as { cursor: string; bounds: object } | null,
    queryFn: async ({ pageParam, signal }) => {
      const bounds = pageParam?.bounds ?? resolveRange(scope.range);
      const page = await get<SessionsPage>(
        "/sessions",
        { ...bounds, ...scope.filters, limit: PAGE_ROWS, cursor: pageParam?.cursor },
        signal,
      );
      return { ...page, bounds };
    },
    getNextPageParam: (last) => (last.next_cursor ? { cursor: last.next_cursor, bounds: last.bounds } : null),
  });
}

export function useSession(sessionId: string, refetchMs: number | false) {
  return useInfiniteQuery({
    queryKey: ["session", sessionId],
    refetchInterval: refetchMs,
    placeholderData: undefined,
    initialPageParam: null as string | null,
    queryFn: ({ pageParam, signal }) =>
      get<SessionPage>(
        `/sessions/${encodeURIComponent(sessionId)}`,
        { limit: PAGE_ROWS, cursor: pageParam },
        signal,
      ),
    getNextPageParam: (last) => last.next_cursor,
  });
}

export function useFacet(field: string | null, range: Range) {
  return useQuery({
    queryKey: ["facet", field, range],
    enabled: field !== null,
    staleTime: 30_000,
    placeholderData: undefined,
    queryFn: async ({ signal }) =>
      (await get<{ values: FacetValue[] }>("/facets", { field, ...resolveRange(range) }, signal)).values,
  });
}

export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    staleTime: 15_000,
    refetchInterval: 30_000,
    queryFn: ({ signal }) => get<ServerStatus>("/status", {}, signal),
  });
}
