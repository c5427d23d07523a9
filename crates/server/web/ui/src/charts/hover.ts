// The time under the pointer in one chart shows as a thin line in all of them.
import { useSyncExternalStore } from "react";

let at: number | null = null;
const listeners = new Set<() => void>();

export function pointAt(time: number | null): void {
  if (time === at) return;
  at = time;
  for (const listener of listeners) listener();
}

export function usePointed(): number | null {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => at,
  );
}
