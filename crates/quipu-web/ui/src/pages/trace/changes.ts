// When an open trace is read again: only when the live feed says that it holds more than what is on the screen.
import { useCallback, useEffect, useRef, useState } from "react";
import { useLive } from "../../api/live";
import { queryClient } from "../../api/queries";
import type { Span, TraceSummary } from "../../api/types";

const LEAST_PAUSE_MS = 1000;
/** Above this a trace is read again only when somebody asks for it. */
export const LARGE_SPANS = 5_000;

/** What must differ for the spans to be worth another look. */
export function markOf({ spans, status, tokens }: TraceSummary): string {
  return `${spans} ${status} ${tokens.input} ${tokens.output} ${tokens.cache_read} ${tokens.cache_write} ${tokens.reasoning}`;
}

function readAgain(traceId: string): void {
  for (const what of ["trace-full", "trace-search", "trace-graph"])
    void queryClient.invalidateQueries({ queryKey: [what, traceId] });
  // A span that has ended stays as it is.
  void queryClient.invalidateQueries({
    queryKey: ["span", traceId],
    predicate: (query) => (query.state.data as Span | undefined)?.duration_ms === null,
  });
}

/** Reads a trace again as it grows, at most once a second. A large one waits for `reload`. */
export function useTraceChanges(traceId: string, trace: TraceSummary | undefined, again: () => void) {
  const [waiting, setWaiting] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const askedAt = useRef(0);
  const asked = useRef("");
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  const reload = useCallback(() => {
    askedAt.current = Date.now();
    setWaiting(false);
    again();
    readAgain(traceId);
  }, [traceId, again]);
  const soon = () => {
    timer.current ??= setTimeout(
      () => {
        timer.current = null;
        reload();
      },
      Math.max(0, askedAt.current + LEAST_PAUSE_MS - Date.now()),
    );
  };
  useLive((frame) => {
    if (!trace) return;
    if (frame.type === "reopened" || frame.type === "lagged") {
      if (trace.spans > LARGE_SPANS) setWaiting(true);
      else soon();
      return;
    }
    if (frame.type !== "trace" || frame.trace.trace_id !== traceId) return;
    const mark = markOf(frame.trace);
    if (mark === markOf(trace) || mark === asked.current) return;
    asked.current = mark;
    if (Math.max(trace.spans, frame.trace.spans) > LARGE_SPANS) setWaiting(true);
    else soon();
  });
  return { waiting, reload };
}
