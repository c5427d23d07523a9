// Which columns the list of traces shows, in which order. A habit of this browser; a saved view brings its own.
import { useSyncExternalStore } from "react";
import { recall, remember } from "./memory";

/** As the list comes, in order. Others can be added. */
export const DEFAULT_COLUMNS: readonly string[] = [
  "started",
  "name",
  "asked",
  "service",
  "framework",
  "status",
  "duration",
  "llm",
  "tools",
  "errors",
  "tokens",
  "cost",
];

const listeners = new Set<() => void>();
let text = recall("columns") ?? "";
let columns: readonly string[] = text ? text.split(",") : DEFAULT_COLUMNS;

/** An empty list brings the columns back as they came. */
export function rememberColumns(next: readonly string[]): void {
  const same = next.length === 0 || next.join(",") === DEFAULT_COLUMNS.join(",");
  text = same ? "" : next.join(",");
  columns = same ? DEFAULT_COLUMNS : next;
  remember("columns", text || null);
  for (const listener of listeners) listener();
}

export const currentColumns = (): readonly string[] => columns;

export function useColumns(): readonly string[] {
  return useSyncExternalStore((listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  }, currentColumns);
}
