import type { Narrowing } from "../../lib/query";
import { filterHref } from "../../state/filters";
import { navigate } from "../../state/url";

/** Opens the traces of one step of a chart. */
export function picked(since: number, until: number, by: Narrowing = {}): void {
  navigate(
    filterHref("/traces", by, {
      range: null,
      since: new Date(since).toISOString(),
      until: new Date(until).toISOString(),
    }),
  );
}
