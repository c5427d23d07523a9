// Asking anew what is on the screen, when the live feed says that it has changed. Two things must not happen however slow the
// answers are: that one from before the change is the last, and that each is given up for the next.
import type { InvalidateQueryFilters, QueryClient } from "@tanstack/react-query";

/** After this many failures in a row the next frame is waited for. */
const MOST_TRIES = 4;

export interface Pace {
  /** Asks after a pause. What is told while an answer is awaited is asked for after it. */
  soon: () => void;
  /** Whether an answer is awaited. */
  asks: () => boolean;
  /** Gives up what waits and what is under way. */
  stop: () => void;
}

/**
 * Asks never twice at once, with a pause from one time to the next, longer after a failure. What comes alone waits for `firstMs`,
 * in which more may come.
 */
export function paced(
  ask: (signal: AbortSignal) => Promise<unknown>,
  pauseMs: number,
  firstMs = pauseMs,
): Pace {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let running: AbortController | null = null;
  let again = false;
  let failures = 0;
  let askedAt = Number.NEGATIVE_INFINITY;

  const wait = () => {
    const rest = askedAt + pauseMs * 2 ** failures - performance.now();
    timer ??= setTimeout(() => void run(), Math.max(firstMs, rest));
  };
  const run = async () => {
    timer = undefined;
    again = false;
    askedAt = performance.now();
    const mine = new AbortController();
    running = mine;
    const failed = await ask(mine.signal).then(
      () => false,
      () => true,
    );
    if (running !== mine) return;
    running = null;
    failures = failed && failures + 1 < MOST_TRIES ? failures + 1 : 0;
    if (again || failures > 0) wait();
  };
  return {
    soon: () => {
      if (running) again = true;
      else wait();
    },
    asks: () => running !== null,
    stop: () => {
      clearTimeout(timer);
      timer = undefined;
      running?.abort();
      running = null;
      again = false;
      failures = 0;
      askedAt = Number.NEGATIVE_INFINITY;
    },
  };
}

/** Waits for the answers that are under way, however they end. */
export async function underWay(client: QueryClient, filters: InvalidateQueryFilters): Promise<void> {
  const found = client.getQueryCache().findAll({ ...filters, fetchStatus: "fetching" });
  await Promise.allSettled(found.map((query) => query.promise));
}

/**
 * Asks again for what is on the screen, by questions that are put from now on. One that is under way may have been answered
 * before: the library would be content with it where it is the first. It is awaited, not given up.
 *
 * Fails as the first that fails.
 */
export async function askAnew(client: QueryClient, filters: InvalidateQueryFilters): Promise<void> {
  await underWay(client, filters);
  await client.invalidateQueries(filters, { throwOnError: true });
}
