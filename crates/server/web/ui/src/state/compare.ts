// Whether figures stand beside those of the period before. In the URL, so that a link shows the same.
import { useMemo } from "react";
import { periodBefore } from "../lib/time";
import type { Scope } from "./filters";
import { rangeOf, setParams, usePlace } from "./url";

export function setCompare(on: boolean): void {
  setParams({ compare: on ? "1" : null });
}

/** Whether to compare, which a range without a beginning cannot. */
export function useCompare(): boolean {
  const { params } = usePlace();
  return params.get("compare") === "1" && periodBefore(rangeOf(params)) !== null;
}

/** The same question about the period before, or null when nobody compares. */
export function useScopeBefore(scope: Scope): Scope | null {
  const on = useCompare();
  return useMemo(() => {
    const range = on ? periodBefore(scope.range) : null;
    return range ? { ...scope, range } : null;
  }, [on, scope]);
}
