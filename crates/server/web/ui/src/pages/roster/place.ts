// Where on a work page one is: its range and filters, and the row that is open beside it. All of it in the URL.
import { useMemo } from "react";
import type { Scope } from "../../api/queries";
import { filterParams } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { rangeOf, setParams, usePlace } from "../../state/url";

export interface WorkPlace {
  params: URLSearchParams;
  scope: Scope;
  /** The key of the open row. */
  open: string | null;
  /** How often to ask again, in milliseconds; false unless arrivals are followed. */
  refetch: number | false;
}

export function useWorkPlace(): WorkPlace {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  return { params, scope, open: params.get("open"), refetch: useFollowing() ? 5_000 : false };
}

/** The address of the present page with this row open. */
export function detailHref(key: string): string {
  const params = new URLSearchParams(window.location.search);
  params.set("open", key);
  return `${window.location.pathname}?${params}`;
}

export function closeDetail(): void {
  setParams({ open: null, signal: null });
}
