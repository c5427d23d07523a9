// Parts of the store that the latest answers lacked.
import { useSyncExternalStore } from "react";

/** How long a part is named after the last answer that lacked it. */
const NAMED_MS = 30_000;

const seen = new Map<string, number>();
const listeners = new Set<() => void>();
let shown = "";

function refresh(): void {
  const now = Date.now();
  for (const [name, at] of seen) if (now - at >= NAMED_MS) seen.delete(name);
  const names = [...seen.keys()].sort().join(", ");
  if (names === shown) return;
  shown = names;
  for (const tell of listeners) tell();
}

/** Takes the header `quipu-partial` of an answer. */
export function noteMissing(header: string | null): void {
  if (!header) return;
  for (const name of header.split(",")) seen.set(name.trim(), Date.now());
  refresh();
  setTimeout(refresh, NAMED_MS);
}

/** Names of the missing parts; empty if the answers are whole. */
export function missingParts(): string {
  return shown;
}

function listen(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

/** The same for a component. */
export const useMissingParts = () => useSyncExternalStore(listen, missingParts);
