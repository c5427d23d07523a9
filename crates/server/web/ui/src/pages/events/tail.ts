// What came since the list was read: counted, or while following shown.
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { askAnew, paced } from "../../api/again";
import { useLive } from "../../api/live";
import { queryClient } from "../../api/queries";

/** The newest are asked again at most so often while events arrive. */
const TAIL_MS = 1_000;
const EVENTS = { queryKey: ["events"] };
/** What is on the screen since earlier is asked again; what is asked just now, or left, needs nothing. */
const SHOWN = { ...EVENTS, predicate: ({ state }: { state: { data: unknown } }) => state.data !== undefined };

/**
 * How many events came since the list was read. While following, the list is read again instead.
 *
 * `list` names what is listed: one that was left and is shown again may lack what came meanwhile.
 */
export function useTail(following: boolean, list: string): { fresh: number; show: () => void } {
  const [fresh, setFresh] = useState(0);
  const counted = useRef(0);
  const count = useCallback((many: number) => {
    counted.current = many;
    setFresh(many);
  }, []);
  const pace = useMemo(
    () =>
      paced(async (signal) => {
        const before = counted.current;
        await askAnew(queryClient, EVENTS);
        // What came during the question may be in the answer or not: it stays counted.
        if (!signal.aborted) count(Math.max(0, counted.current - before));
      }, TAIL_MS),
    [count],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: another list starts afresh
  useEffect(() => {
    count(0);
    if (queryClient.getQueryCache().findAll({ ...SHOWN, type: "active" }).length > 0) pace.soon();
    return pace.stop;
  }, [pace, count, list]);
  useEffect(() => {
    // What was counted before is shown too.
    if (following && counted.current > 0) pace.soon();
  }, [following, pace]);
  useLive(
    (frame) => {
      if (frame.type === "event" && !following) count(counted.current + 1);
      // All that is committed after a hello is told. What came before it the list may lack: it was asked earlier.
      else if (["event", "hello", "lagged", "reopened"].includes(frame.type)) pace.soon();
    },
    ["events"],
  );
  const show = useCallback(() => {
    count(0);
    void queryClient.resetQueries(EVENTS);
  }, [count]);
  return { fresh, show };
}
