// Whether pages follow what arrives. Kept in the browser, because it is a habit and not an address.
import { useSyncExternalStore } from "react";
import { recall, remember } from "./memory";

let following = recall("follow") === "on";
const listeners = new Set<() => void>();

export function setFollowing(next: boolean): void {
  following = next;
  remember("follow", next ? "on" : null);
  for (const listener of listeners) listener();
}

export function useFollowing(): boolean {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => following,
  );
}
