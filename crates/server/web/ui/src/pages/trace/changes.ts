// When an open trace is read again: only when the live feed says that it holds more than what is on the screen.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { askAnew, paced } from "../../api/again";
import { useLive } from "../../api/live";
import { summaryOf } from "../../api/outline";
import { queryClient } from "../../api/queries";
import type { Span, TraceSummary } from "../../api/types";

const LEAST_PAUSE_MS = 1000;
/** Above this a trace is read again only when somebody asks for it. */
export const LARGE_SPANS = 5_000;

/** What must differ for the spans to be worth another look. */
export function markOf({ spans, status, tokens }: TraceSummary): string {
  return `${spans} ${status} ${tokens.input} ${tokens.output} ${tokens.cache_read} ${tokens.cache_write} ${tokens.reasoning}`;
}

/** Reads again what else was read of the trace; whatever fails says so in its place. */
async function readAgain(traceId: string): Promise<void> {
  const asked = ["trace-full", "trace-search", "trace-graph"].map((what) =>
    askAnew(queryClient, { queryKey: [what, traceId] }),
  );
  // A span that has ended stays as it is.
  const running = (query: { state: { data: unknown } }) =>
    (query.state.data as Span | undefined)?.duration_ms === null;
  asked.push(askAnew(queryClient, { queryKey: ["span", traceId], predicate: running }));
  await Promise.allSettled(asked);
}

/** Reads a trace again as it grows, at most once a second. A large one waits for `reload`. */
export function useTraceChanges(
  traceId: string,
  trace: TraceSummary | undefined,
  again: () => Promise<void>,
) {
  const [waiting, setWaiting] = useState(false);
  /** The newest that was told of it. */
  const [told, setTold] = useState<TraceSummary | null>(null);
  /** The line came up after the trace was asked for: it may have grown in between. */
  const [unsure, setUnsure] = useState(false);
  const asked = useRef("");
  const reload = useCallback(async () => {
    setWaiting(false);
    await Promise.all([again(), readAgain(traceId)]);
  }, [traceId, again]);
  const pace = useMemo(() => paced(reload, LEAST_PAUSE_MS, 0), [reload]);
  const look = useMemo(
    () =>
      paced(async (signal) => {
        const summary = await summaryOf(traceId, signal);
        if (!signal.aborted) setTold(summary);
      }, LEAST_PAUSE_MS),
    [traceId],
  );
  useEffect(() => {
    asked.current = "";
    setTold(null);
    setWaiting(false);
    return () => {
      pace.stop();
      look.stop();
    };
  }, [pace, look]);
  useEffect(() => {
    if (!trace || !unsure) return;
    setUnsure(false);
    look.soon();
  }, [trace, unsure, look]);
  useEffect(() => {
    if (!trace || !told || told.trace_id !== traceId) return;
    const mark = markOf(told);
    if (mark === markOf(trace) || mark === asked.current) return;
    asked.current = mark;
    if (Math.max(trace.spans, told.spans) > LARGE_SPANS) setWaiting(true);
    else pace.soon();
  }, [traceId, trace, told, pace]);
  useLive((frame) => {
    if (frame.type === "trace" && frame.trace.trace_id === traceId) setTold(frame.trace);
    else if (frame.type === "hello" && frame.resumed !== true) setUnsure(true);
    else if (frame.type === "reopened" || frame.type === "lagged") {
      if (trace && trace.spans > LARGE_SPANS) setWaiting(true);
      else if (trace || frame.type === "reopened") pace.soon();
    }
  });
  return { waiting, reload };
}
