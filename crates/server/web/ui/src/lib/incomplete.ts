// Traces whose end will hardly arrive, as of a process that was killed or a root span that was lost.
import type { TraceSummary } from "../api/types";

/** Milliseconds without news after which a trace no longer counts as running. */
const QUIET_MS = 10 * 60_000;

export function isIncomplete(
  { status, started_at, duration_ms }: Pick<TraceSummary, "status" | "started_at" | "duration_ms">,
  now = Date.now(),
): boolean {
  return status === "running" && now - Date.parse(started_at) - (duration_ms ?? 0) > QUIET_MS;
}
