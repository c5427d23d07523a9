// Which runs happened, and which of them deserves a look? One row a trace, newest first, arriving live.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "../api/live";
import { headOfTraces, PAGE_ROWS, queryClient, type Scope, useStatus, useTraces } from "../api/queries";
import type { TraceSummary, TracesPage } from "../api/types";
import { ActivityStrip } from "../components/ActivityStrip";
import { Grid } from "../components/Grid";
import { PageHead, TopBar } from "../components/Shell";
import { Failure, NothingMatches, SkeletonRows, TeachToSend } from "../components/States";
import { compactTrace, costPlaces, traceColumns } from "../components/traceColumns";
import { count, plural } from "../lib/format";
import { rangeLabel } from "../lib/time";
import { FIELDS, filterParams } from "../state/filters";
import { useFollowing } from "../state/follow";
import { href, rangeOf, setParams, setRange, usePlace } from "../state/url";

const DEFAULT_SORT = "-started_at";
const ASK_HEAD_MS = 1500;

export function Traces() {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  const sort = params.get("sort") ?? DEFAULT_SORT;
  const query = useTraces(scope, sort);
  const rows = useMemo(() => query.data?.pages.flatMap((page) => page.traces) ?? [], [query.data]);
  const places = useMemo(() => costPlaces(rows), [rows]);
  const columns = useMemo(() => traceColumns(places), [places]);
  const arrived = useArrivals(scope, sort, rows);
  const { fetchNextPage, hasNextPage, isFetchingNextPage } = query;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [fetchNextPage, hasNextPage, isFetchingNextPage]);

  return (
    <>
      <TopBar />
      <PageHead title="Traces">
        {query.isSuccess ? (
          <span>
            {count(rows.length)}
            {hasNextPage
              ? `${sort === DEFAULT_SORT ? " newest" : ""} shown, more below`
              : rows.length === 1
                ? " trace"
                : " traces"}{" "}
            · {rangeLabel(scope.range)}
          </span>
        ) : null}
        {arrived.fresh > 0 ? (
          <button type="button" className="new-pill" onClick={arrived.show}>
            {arrived.fresh >= PAGE_ROWS ? `${PAGE_ROWS}+` : count(arrived.fresh)} new
          </button>
        ) : null}
      </PageHead>
      {rows.length > 0 || query.isPending ? <ActivityStrip scope={scope} /> : null}
      <div className="page-body">
        {query.isError && rows.length === 0 ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <SkeletonRows rows={18} />
        ) : rows.length === 0 ? (
          <Nothing scope={scope} />
        ) : (
          <Grid
            label="Traces"
            key={arrived.generation}
            rows={rows}
            columns={columns}
            rowKey={(trace) => trace.trace_id}
            rowHref={(trace) => href(`/traces/${trace.trace_id}`)}
            rowClass={(trace) => (arrived.marked.has(trace.trace_id) ? "is-new" : "")}
            compact={compactTrace(places)}
            sort={sort}
            onSort={(next) => setParams({ sort: next === DEFAULT_SORT ? null : next })}
            onEnd={more}
            memory={`traces?${params.toString()}`}
            footer={
              hasNextPage ? (
                <p className="grid-foot">{isFetchingNextPage ? "Loading more …" : ""}</p>
              ) : (
                <p className="grid-foot">{plural(rows.length, "trace")} · that is all in this range</p>
              )
            }
          />
        )}
      </div>
    </>
  );
}

function Nothing({ scope }: { scope: Scope }) {
  const status = useStatus();
  if (status.data?.store.spans === 0) return <TeachToSend what="traces" />;
  const filtered = Object.keys(scope.filters).length > 0;
  return (
    <NothingMatches what="traces">
      {filtered ? (
        <button
          type="button"
          className="button"
          onClick={() =>
            setParams(Object.fromEntries([...FIELDS.map((field) => [field.name, null]), ["q", null]]))
          }
        >
          Clear the filters
        </button>
      ) : null}
      {scope.range.preset !== "all" ? (
        <button
          type="button"
          className="button"
          onClick={() => setRange({ preset: "all", since: null, until: null })}
        >
          Look at all that is stored
        </button>
      ) : null}
    </NothingMatches>
  );
}

type Cached = { pages: TracesPage[]; pageParams: unknown[] };

/**
 * What came since the list was loaded. A live frame only says that something changed: which of it belongs here is
 * the server's to say, so the head of the list is asked again, at most every 1.5 s, with the same filters and order.
 */
function useArrivals(scope: Scope, sort: string, rows: readonly TraceSummary[]) {
  const following = useFollowing();
  const [head, setHead] = useState<TracesPage | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [generation, setGeneration] = useState(0);
  const shown = useRef(new Set<string>());
  const asking = useRef<ReturnType<typeof setTimeout> | null>(null);
  const key = JSON.stringify([scope, sort]);
  shown.current = useMemo(() => new Set(rows.map((row) => row.trace_id)), [rows]);

  const replace = useCallback(
    (page: TracesPage) => {
      const fresh = new Set(
        page.traces.map((trace) => trace.trace_id).filter((id) => !shown.current.has(id)),
      );
      setMarked(fresh);
      setHead(null);
      queryClient.setQueryData<Cached>(["traces", scope, sort], (old) => {
        const first = old?.pages[0];
        return old && first ? { pages: [{ ...first, ...page }], pageParams: [old.pageParams[0]] } : old;
      });
    },
    [scope, sort],
  );

  const ask = useCallback(() => {
    if (asking.current) return;
    asking.current = setTimeout(async () => {
      asking.current = null;
      try {
        const page = await headOfTraces(scope, sort);
        if (following) replace(page);
        else setHead(page);
      } catch {
        // The list itself reports failures; the next frame asks again.
      }
    }, ASK_HEAD_MS);
  }, [scope, sort, following, replace]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scope or order starts afresh
  useEffect(() => {
    setHead(null);
    setMarked(new Set());
    return () => {
      if (asking.current) clearTimeout(asking.current);
      asking.current = null;
    };
  }, [key, following]);

  useLive((frame) => {
    if (frame.type === "trace" && shown.current.has(frame.trace.trace_id)) {
      patchRow(scope, sort, frame.trace);
    } else if (frame.type === "trace" || frame.type === "lagged" || frame.type === "reopened") ask();
  });

  const fresh = head ? head.traces.filter((trace) => !shown.current.has(trace.trace_id)).length : 0;
  const show = () => {
    if (!head) return;
    replace(head);
    setGeneration(generation + 1);
  };
  return { fresh, show, marked, generation };
}

function patchRow(scope: Scope, sort: string, trace: TraceSummary): void {
  queryClient.setQueryData<Cached>(["traces", scope, sort], (old) =>
    old
      ? {
          ...old,
          pages: old.pages.map((page) => ({
            ...page,
            traces: page.traces.map((row) => (row.trace_id === trace.trace_id ? trace : row)),
          })),
        }
      : old,
  );
}
