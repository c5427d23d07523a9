// The single calls behind a line of the ledger.
import { barEnd, type Grain, UNKNOWN } from "../../lib/buckets";
import { filterHref } from "../../state/filters";
import type { Params } from "../../state/url";
import type { Dimension } from "./dimensions";

/** Keys of a call that no filter names, and the parameters of the list that do. */
const OWN: Partial<Record<Dimension, string>> = {
  provider: "provider",
  tool: "within",
  convention: "convention",
};

/** The calls that a line counts. */
export function callsBehind(dimension: Dimension, key: string, grain: Grain, params: Params = {}): string {
  if (dimension === "time") {
    const until = new Date(barEnd(Date.parse(key), grain)).toISOString();
    return filterHref("/calls", {}, { range: null, since: key, until, ...params });
  }
  const name = key === UNKNOWN ? null : key;
  const own = OWN[dimension];
  return own
    ? filterHref("/calls", {}, { [own]: name ?? "-", ...params })
    : filterHref("/calls", { [dimension]: name }, params);
}
