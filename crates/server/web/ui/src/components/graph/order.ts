// Nodes and edges of a graph by any of their figures.
import { ordered } from "../../lib/order";

export interface Figures {
  calls: number;
  errors: number;
  tokens: number | null;
  cost_usd: string | null;
  duration_ms: number | null;
}

/** Columns by their id, and the figure that each is sorted by. */
const BY: Record<string, (of: Figures) => number | null> = {
  calls: (of) => of.calls,
  failed: (of) => of.errors,
  time: (of) => of.duration_ms,
  tokens: (of) => of.tokens,
  cost: (of) => (of.cost_usd === null ? null : Number(of.cost_usd)),
};

/** Rows in the order of a column, by name where the column is `name`. */
export function sortedFigures<Row extends Figures>(
  rows: readonly Row[],
  sort: string,
  name: (row: Row) => string,
): Row[] {
  const by = BY[sort.replace("-", "")] ?? name;
  return ordered(rows, { by, down: sort.startsWith("-"), name });
}
