// What the pages ask, as cached queries. Keys hold the range as chosen; its bounds are resolved when asked.
import {
  keepPreviousData,
  MutationCache,
  QueryCache,
  QueryClient,
  useInfiniteQuery,
  useQueries,
  useQuery,
} from "@tanstack/react-query";
import { joined, written } from "../lib/query";
import { type Range, resolveRange } from "../lib/time";
import type { Scope } from "../state/filters";
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
  TracesPage,
  Usage,
} from "./types";

export type { Scope } from "../state/filters";

/** A session that has ended, or may do nothing before a new password is chosen: it is asked anew who is here. */
function endOfSession(error: unknown): void {
  if (error instanceof Problem && (error.status === 401 || error.kind === "password-change-required"))
    void queryClient.invalidateQueries({ queryKey: ["me"] });
}

export const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: endOfSession }),
  mutationCache: new MutationCache({ onError: endOfSession }),
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

export const PAGE_ROWS = 100;
/** Rows of each later page. Larger steps keep up with the wheel. */
const LATER_ROWS = 500;

/** Traces page by page; `rows` is the size of the first page. */
export function useTraces(scope: Scope, sort: string, rows = PAGE_ROWS) {
  return useInfiniteQuery({
    queryKey: rows === PAGE_ROWS ? ["traces", scope, sort] : ["traces", scope, sort, rows],
    initialPageParam: null as { cursor: string; bounds: object } | null,
    queryFn: async ({ pageParam, signal }) => {
      // Later pages keep the bounds of the first, else a moving "last hour" would shift under the cursor.
      const bounds = pageParam?.bounds ?? resolveRange(scope.range);
      const page = await get<TracesPage>(
        "/traces",
        {
          ...bounds,
          ...scope.filters,
          sort,
          limit: pageParam ? LATER_ROWS : rows,
          cursor: pageParam?.cursor,
        },
        signal,
      );
      return { ...page, bounds };
    },
    getNextPageParam: (last) => (last.next_cursor ? { cursor: last.next_cursor, bounds: last.bounds } : null),
  });
}

/** The newest page for the same scope, to see which traces are not on the screen yet. */
export function headOfTraces(scope: Scope, sort: string, signal: AbortSignal): Promise<TracesPage> {
  const asked = { ...resolveRange(scope.range), ...scope.filters, sort, limit: PAGE_ROWS };
  return get<TracesPage>("/traces", asked, signal);
}

export const SPANS_PER_PAGE = 5_000;

export const spanQuery = (traceId: string, spanId: string) => ({
  queryKey: ["span", traceId, spanId],
  staleTime: 60_000,
  placeholderData: undefined,
  queryFn: async ({ signal }: { signal: AbortSignal }) => {
    const path = `/traces/${encodeURIComponent(traceId)}/spans/${encodeURIComponent(spanId)}`;
    return (await get<{ span: Span }>(path, {}, signal)).span;
  },
});

export function useSpan(traceId: string, spanId: string | null) {
  return useQuery({ ...spanQuery(traceId, spanId ?? ""), enabled: spanId !== null });
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

/** The latest trace of a session that has the words; null while that is unknown, or where none has. */
export function useFirstHit(sessionId: string, words: string): string | null {
  const filter = joined(
    `session:${written(sessionId)}`,
    ...words
      .split(/\s+/)
      .filter(Boolean)
      .map((word) => written(word)),
  );
  const query = useQuery({
    queryKey: ["session-hit", sessionId, words],
    enabled: words.trim() !== "",
    staleTime: 60_000,
    placeholderData: undefined,
    queryFn: ({ signal }) => get<TracesPage>("/traces", { filter, limit: 1 }, signal),
  });
  return query.data?.traces[0]?.trace_id ?? null;
}

/** Values of a field with the traces that have them, the most frequent first. */
const facetQuery = (field: string, range: Range, filter: string) => ({
  queryKey: ["facet", field, range, filter],
  staleTime: 30_000,
  queryFn: async ({ signal }: { signal: AbortSignal }) =>
    (await get<{ values: FacetValue[] }>("/facets", { field, filter, ...resolveRange(range) }, signal))
      .values,
});

export function useFacet(field: string | null, range: Range, filter = "") {
  return useQuery({
    ...facetQuery(field ?? "", range, filter),
    enabled: field !== null,
    placeholderData: undefined,
  });
}

/** Several fields at once, each with the filter that it is counted within. While not `enabled`, earlier answers stay. */
export function useFacets(
  asked: readonly { field: string; filter: string }[],
  range: Range,
  refetchMs: number | false,
  enabled = true,
) {
  return useQueries({
    queries: asked.map(({ field, filter }) => ({
      ...facetQuery(field, range, filter),
      enabled,
      refetchInterval: refetchMs,
      placeholderData: keepPreviousData<FacetValue[]>,
    })),
  });
}

/** A range that holds nothing: the server reads the filter and has no row to look at. */
const NOTHING = { since: "2200-01-01T00:00:00Z" };

const filterQuery = (filter: string) => ({
  queryKey: ["filter-check", filter],
  staleTime: 600_000,
  gcTime: 60_000,
  retry: false,
  queryFn: async ({ signal }: { signal: AbortSignal }): Promise<Problem | null> => {
    try {
      await get("/traces", { ...NOTHING, filter, limit: 1 }, signal);
      return null;
    } catch (error) {
      if (error instanceof Problem && error.position !== null) return error;
      throw error;
    }
  },
});

/** Where the server cannot read a filter, or null. */
export function useFilterProblem(filter: string): Problem | null {
  const query = useQuery({ ...filterQuery(filter), enabled: filter !== "", placeholderData: undefined });
  return query.data ?? null;
}

/** The same, once. A server that does not answer has nothing against the filter. */
export async function filterProblem(filter: string): Promise<Problem | null> {
  if (filter === "") return null;
  return queryClient.fetchQuery(filterQuery(filter)).catch(() => null);
}

export function useStatus() {
  return useQuery({
    queryKey: ["status"],
    staleTime: 15_000,
    refetchInterval: 30_000,
    queryFn: ({ signal }) => get<ServerStatus>("/status", {}, signal),
  });
}
