// The one filter of every page: a text of the query language, in the URL and in the API as `filter`.
import { useMemo } from "react";
import { joined, type Narrowing, narrowed, written } from "../lib/query";
import type { Range } from "../lib/time";
import { href, navigate, type Params, rangeOf, setParams, usePlace } from "./url";

/** What every question is asked about: a time range, and the filter as the API takes it. */
export interface Scope {
  range: Range;
  filters: Record<string, string>;
}

/** Parameters of older links, each one condition. They are folded into the text. */
const FORMER: Record<string, (value: string) => string> = {
  service: (value) => `service:${written(value)}`,
  framework: (value) => `framework:${written(value)}`,
  agent: (value) => `agent:${written(value)}`,
  model: (value) => `model:${written(value)}`,
  tool: (value) => `tool:${written(value)}`,
  status: (value) => `status:${written(value)}`,
  session: (value) => `session:${written(value)}`,
  user: (value) => `user:${written(value)}`,
  project: (value) => `project:${written(value)}`,
  branch: (value) => `branch:${written(value)}`,
  commit: (value) => `commit:${written(value)}`,
  tag: (value) => `tag:${written(value)}`,
  min_duration_ms: (value) => `duration>=${value}ms`,
  min_cost_usd: (value) => `cost>=${value}`,
  q: (value) => value,
};

/** Pages that read these words in another way, or not at all. */
const OWN_WORDS = /^\/(traces\/.|budgets|alerts|system|dashboards|events|measurements)/;

/** The filter as text. */
export function filterText(params: URLSearchParams): string {
  const former = Object.entries(FORMER).map(([name, term]) => {
    const value = params.get(name);
    return value ? term(value) : "";
  });
  return joined(params.get("filter") ?? "", ...former);
}

/** The filter as the API takes it: nothing, or one parameter. */
export function filterParams(params: URLSearchParams): Record<string, string> {
  const filter = filterText(params);
  return filter ? { filter } : {};
}

/** The range and filter of the page, the same object until one of them changes. */
export function useScope(): Scope {
  const { params } = usePlace();
  const filter = filterText(params);
  const range = JSON.stringify(rangeOf(params));
  return useMemo(
    () => ({
      range: JSON.parse(range) as Range,
      filters: filter ? { filter } : ({} as Record<string, string>),
    }),
    [range, filter],
  );
}

const FORMER_GONE = Object.fromEntries(Object.keys(FORMER).map((name) => [name, null]));

/** Filters the page by another text. */
export function setFilter(text: string, options: { replace?: boolean } = {}): void {
  setParams({ ...FORMER_GONE, filter: text.trim() || null }, options);
}

/** Rewrites an address with parameters of older links, without an entry in the history. */
export function foldFormer(path: string, params: URLSearchParams): void {
  if (OWN_WORDS.test(path) || !Object.keys(FORMER).some((name) => params.has(name))) return;
  setFilter(filterText(params), { replace: true });
}

/**
 * An address that narrows: the present range and filter with more conditions, as `{model: "gpt-4o", status: "error"}`,
 * `{model: ["a", "b"]}` for alternatives, `{session: null}` for those without one, `{duration: ">2s"}` for a figure.
 * What the filter said of the same fields gives way. `params` are other parameters of the page.
 */
export function filterHref(path: string, by: Narrowing = {}, params: Params = {}): string {
  const here = new URLSearchParams(window.location.search);
  const filter = narrowed(
    OWN_WORDS.test(window.location.pathname) ? (here.get("filter") ?? "") : filterText(here),
    by,
  );
  return href(path, { filter: filter || undefined, ...params });
}

/** Goes where `filterHref` leads. */
export function narrow(
  path: string,
  by: Narrowing,
  params: Record<string, string | null | undefined> = {},
): void {
  navigate(filterHref(path, by, params));
}
