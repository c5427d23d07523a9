// The URL is the state: path and query in one store, so every state has an address and "back" works.
import { useMemo, useSyncExternalStore } from "react";
import { DEFAULT_RANGE, type Range } from "../lib/time";

const listeners = new Set<() => void>();
const changed = () => {
  for (const listener of listeners) listener();
};
window.addEventListener("popstate", changed);

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

const current = () => window.location.pathname + window.location.search;

/** Goes to a path with query; `replace` leaves no entry in the history. */
export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === current()) return;
  if (options.replace) window.history.replaceState(window.history.state, "", to);
  else window.history.pushState({ within: true }, "", to);
  changed();
}

/** One step back within the dashboard; from its first page, which may follow another site, to `otherwise`. */
export function back(otherwise: string): void {
  const state: unknown = window.history.state;
  if (typeof state === "object" && state !== null && "within" in state) window.history.back();
  else navigate(otherwise);
}

export interface Place {
  path: string;
  params: URLSearchParams;
}

export function usePlace(): Place {
  const address = useSyncExternalStore(subscribe, current);
  return useMemo(() => {
    const url = new URL(address, window.location.origin);
    return { path: url.pathname, params: url.searchParams };
  }, [address]);
}

/** Changes some query parameters of the page; null or "" removes one. */
export function setParams(patch: Record<string, string | null>, options: { replace?: boolean } = {}): void {
  const params = new URLSearchParams(window.location.search);
  for (const [name, value] of Object.entries(patch)) {
    if (value === null || value === "") params.delete(name);
    else params.set(name, value);
  }
  const query = params.toString();
  navigate(window.location.pathname + (query ? `?${query}` : ""), options);
}

const RANGE_KEYS = ["range", "since", "until", "compare"] as const;

/** Parameters of an address; several values of one name are several parameters. */
export type Params = Record<string, string | readonly string[] | null | undefined>;

/** An address within the dashboard that keeps the time range of the present one; null takes a parameter away. */
export function href(path: string, params: Params = {}): string {
  const here = new URLSearchParams(window.location.search);
  const next = new URLSearchParams();
  for (const key of RANGE_KEYS) {
    const value = here.get(key);
    if (value !== null) next.set(key, value);
  }
  for (const [name, value] of Object.entries(params)) {
    if (Array.isArray(value)) for (const one of value as readonly string[]) next.append(name, one);
    else if (value) next.set(name, value as string);
    else if (value === null) next.delete(name);
  }
  const query = next.toString();
  return query ? `${path}?${query}` : path;
}

export function rangeOf(params: URLSearchParams): Range {
  const since = params.get("since");
  const until = params.get("until");
  if (since || until) return { preset: "", since, until };
  return { preset: params.get("range") ?? DEFAULT_RANGE, since: null, until: null };
}

export function setRange(range: Range): void {
  setParams({
    range: range.preset && range.preset !== DEFAULT_RANGE ? range.preset : null,
    since: range.preset ? null : range.since,
    until: range.preset ? null : range.until,
  });
}
