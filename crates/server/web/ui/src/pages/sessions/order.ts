// Sessions by a figure. The server lists them by their last activity; other orders need all of them.
import type { Session } from "../../api/types";
import { ordered } from "../../lib/order";

export const BY_ACTIVITY = "-last";

/** Sessions that are loaded for an order other than by activity. */
export const MOST_SORTED = 1_000;

const BY: Record<string, (row: Session) => number | string | null> = {
  last: (row) => row.last_at,
  user: (row) => row.user_id,
  length: (row) => Date.parse(row.last_at) - Date.parse(row.started_at),
  turns: (row) => row.traces,
  llm: (row) => row.llm_calls,
  tools: (row) => row.tool_calls,
  errors: (row) => row.errors,
  tokens: (row) => row.tokens.total,
  cost: (row) => (row.cost_usd === null ? null : Number(row.cost_usd)),
};

/** Rows in the order of a column; those without the figure come last. */
export function sortedSessions(rows: readonly Session[], sort: string): readonly Session[] {
  const by = BY[sort.replace("-", "")];
  if (sort === BY_ACTIVITY || !by) return rows;
  return ordered(rows, { by, down: sort.startsWith("-"), name: (row) => row.session_id });
}
