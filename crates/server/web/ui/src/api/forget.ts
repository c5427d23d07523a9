import { post } from "./client";

export interface Forgotten {
  matched: number;
  deleted: number;
  dry_run: boolean;
}

export type Doomed = { trace_ids: string[] } | { filter?: string; since?: string; until?: string };

/** How many traces would be deleted. Those that are named need no counting. */
export async function countDoomed(doomed: Doomed, signal?: AbortSignal): Promise<number> {
  if ("trace_ids" in doomed) return doomed.trace_ids.length;
  return (await post<Forgotten>("/traces/delete", { ...doomed, dry_run: true }, signal)).matched;
}

/** Deletes traces for good: their spans, figures and texts. */
export const deleteTraces = (doomed: Doomed) => post<Forgotten>("/traces/delete", doomed);
