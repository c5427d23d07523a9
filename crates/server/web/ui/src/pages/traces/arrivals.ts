// What came since the list was loaded. A live frame only says that something changed: which of it belongs here is the
// server's to say, so the head of the list is asked again, at most every 1.5 s, with the same filter and order.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { paced, underWay } from "../../api/again";
import { changesTraces, useLive } from "../../api/live";
import { headOfTraces, queryClient, type Scope } from "../../api/queries";
import type { TraceSummary, TracesPage } from "../../api/types";
import { useFollowing } from "../../state/follow";

const ASK_HEAD_MS = 1500;
/** Rows that change often are drawn anew together. */
const PATCH_MS = 250;

type Cached = { pages: TracesPage[]; pageParams: unknown[] };

function change(scope: Scope, sort: string, by: (old: Cached) => Cached): void {
  queryClient.setQueryData<Cached>(["traces", scope, sort], (old) => (old ? by(old) : old));
}

const stateOf = (scope: Scope, sort: string) => queryClient.getQueryState<Cached>(["traces", scope, sort]);

/** Rows that are on the screen already say what is new about them in their place. */
function patchRows(scope: Scope, sort: string, traces: readonly TraceSummary[]): void {
  const fresh = new Map(traces.map((trace) => [trace.trace_id, trace]));
  change(scope, sort, (old) => ({
    ...old,
    pages: old.pages.map((page) =>
      page.traces.some((row) => fresh.has(row.trace_id))
        ? { ...page, traces: page.traces.map((row) => fresh.get(row.trace_id) ?? row) }
        : page,
    ),
  }));
}

function dropRows(scope: Scope, sort: string, ids: ReadonlySet<string>): void {
  change(scope, sort, (old) => ({
    ...old,
    pages: old.pages.map((page) => ({
      ...page,
      traces: page.traces.filter((row) => !ids.has(row.trace_id)),
    })),
  }));
}

export interface Arrivals {
  /** How many traces of the newest page are not shown. */
  fresh: number;
  show: () => void;
  /** Those that came last. */
  marked: ReadonlySet<string>;
  /** Changes when the list begins anew at its top. */
  generation: number;
}

/** `atTop`: the list is not scrolled, so that what follows moves nothing that is looked at. */
export function useArrivals(
  scope: Scope,
  sort: string,
  rows: readonly TraceSummary[],
  atTop: boolean,
): Arrivals {
  // An empty list has nothing that could move: the first traces appear by themselves.
  const followed = useFollowing();
  const following = (followed || rows.length === 0) && atTop;
  const [head, setHead] = useState<TracesPage | null>(null);
  const [marked, setMarked] = useState<ReadonlySet<string>>(new Set());
  const [generation, setGeneration] = useState(0);
  const shown = useRef(new Set<string>());
  const changed = useRef(new Map<string, TraceSummary>());
  const patching = useRef<ReturnType<typeof setTimeout> | null>(null);
  const follows = useRef(following);
  follows.current = following;
  shown.current = useMemo(() => new Set(rows.map((row) => row.trace_id)), [rows]);

  const replace = useCallback(
    async (page: TracesPage) => {
      // A question under way would put back what it was answered with before.
      await queryClient.cancelQueries({ queryKey: ["traces", scope, sort], exact: true });
      setMarked(new Set(page.traces.map((trace) => trace.trace_id).filter((id) => !shown.current.has(id))));
      setHead(null);
      change(scope, sort, (old) => {
        const first = old.pages[0];
        return first ? { pages: [{ ...first, ...page }], pageParams: [old.pageParams[0]] } : old;
      });
    },
    [scope, sort],
  );

  const patch = useCallback(
    (trace: TraceSummary) => {
      changed.current.set(trace.trace_id, trace);
      patching.current ??= setTimeout(() => {
        patching.current = null;
        patchRows(scope, sort, [...changed.current.values()]);
        changed.current.clear();
      }, PATCH_MS);
    },
    [scope, sort],
  );

  const pace = useMemo(
    () =>
      paced(async (signal) => {
        await underWay(queryClient, { queryKey: ["traces", scope, sort], exact: true });
        signal.throwIfAborted();
        const page = await headOfTraces(scope, sort, signal);
        signal.throwIfAborted();
        if (follows.current) return replace(page);
        patchRows(scope, sort, page.traces);
        setHead(page);
      }, ASK_HEAD_MS),
    [scope, sort, replace],
  );

  useEffect(() => {
    setHead(null);
    setMarked(new Set());
    // A list that was left and is shown again may lack what came meanwhile.
    if (stateOf(scope, sort)?.data) pace.soon();
    return () => {
      pace.stop();
      if (patching.current) clearTimeout(patching.current);
      patching.current = null;
      changed.current.clear();
    };
  }, [pace, scope, sort]);
  useEffect(() => {
    if (following && head) void replace(head);
  }, [following, head, replace]);

  useLive((frame) => {
    if (frame.type === "deleted") dropRows(scope, sort, new Set(frame.trace_ids));
    if (frame.type === "trace" && shown.current.has(frame.trace.trace_id)) {
      patch(frame.trace);
      // The row stays patched, unless an answer from before is still to come.
      const state = stateOf(scope, sort);
      if (state?.data && state.fetchStatus === "idle" && !pace.asks()) return;
    }
    if (changesTraces(frame)) pace.soon();
  });

  const fresh = head ? head.traces.filter((trace) => !shown.current.has(trace.trace_id)).length : 0;
  const show = () => {
    if (!head) return;
    void replace(head);
    setGeneration(generation + 1);
  };
  return { fresh, show, marked, generation };
}
