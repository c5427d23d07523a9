// What came since the list was loaded. A live frame only says that something changed: which of it belongs here is the
// server's to say, so the head of the list is asked again, at most every 1.5 s, with the same filter and order.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useLive } from "../../api/live";
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
  const asking = useRef<ReturnType<typeof setTimeout> | null>(null);
  const changed = useRef(new Map<string, TraceSummary>());
  const patching = useRef<ReturnType<typeof setTimeout> | null>(null);
  const follows = useRef(following);
  follows.current = following;
  shown.current = useMemo(() => new Set(rows.map((row) => row.trace_id)), [rows]);

  const replace = useCallback(
    (page: TracesPage) => {
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

  const ask = useCallback(() => {
    if (asking.current) return;
    asking.current = setTimeout(async () => {
      try {
        const page = await headOfTraces(scope, sort);
        asking.current = null;
        if (follows.current) return replace(page);
        patchRows(scope, sort, page.traces);
        setHead(page);
      } catch {
        // The list itself reports failures; the next frame asks again.
        asking.current = null;
      }
    }, ASK_HEAD_MS);
  }, [scope, sort, replace]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another scope or order starts afresh
  useEffect(() => {
    setHead(null);
    setMarked(new Set());
    return () => {
      for (const timer of [asking, patching]) {
        if (timer.current) clearTimeout(timer.current);
        timer.current = null;
      }
      changed.current.clear();
    };
  }, [scope, sort]);
  useEffect(() => {
    if (following && head) replace(head);
  }, [following, head, replace]);

  useLive((frame) => {
    if (frame.type === "trace" && shown.current.has(frame.trace.trace_id)) patch(frame.trace);
    else if (frame.type === "deleted") dropRows(scope, sort, new Set(frame.trace_ids));
    else if (frame.type === "trace" || frame.type === "lagged" || frame.type === "reopened") ask();
  });

  const fresh = head ? head.traces.filter((trace) => !shown.current.has(trace.trace_id)).length : 0;
  const show = () => {
    if (!head) return;
    replace(head);
    setGeneration(generation + 1);
  };
  return { fresh, show, marked, generation };
}
