// The ledger of costs by any of its columns.
import type { UsageGroup, UsageRow } from "../../api/types";
import { keyOf } from "../../lib/buckets";
import { compareUsd } from "../../lib/format";

/** Columns by their id, and the figure that each is sorted by. Amounts are compared as decimals. */
const BY: Record<string, (row: UsageRow) => number | null> = {
  calls: (row) => row.llm_calls,
  errors: (row) => row.errors,
  input: (row) => row.tokens.input,
  cached: (row) => row.tokens.cache_read,
  output: (row) => row.tokens.output,
  tokens: (row) => row.tokens.total,
  p50: (row) => row.latency_ms.p50 ?? null,
  p95: (row) => row.latency_ms.p95 ?? null,
};

const list = (row: UsageRow) => row.subscription_usd ?? null;
const estimated = (row: UsageRow) => row.estimated?.cost_usd ?? null;

/** Rows in the order of a column; of equal ones those with more tokens and calls first. */
export function sortedRows(groups: readonly UsageGroup[], sort: string, by: string): UsageGroup[] {
  const column = sort.replace("-", "");
  const turn = sort.startsWith("-") ? 1 : -1;
  const name = (a: UsageGroup, b: UsageGroup) => (keyOf(a, by) < keyOf(b, by) ? 1 : -1);
  const rest = (a: UsageRow, b: UsageRow) => b.tokens.total - a.tokens.total || b.llm_calls - a.llm_calls;
  if (column === "key") return [...groups].sort((a, b) => turn * name(a, b));
  if (column === "cost" || column === "list" || column === "estimated") {
    const amounts = { cost: (row: UsageRow) => row.cost_usd, list, estimated };
    const amount = amounts[column];
    return [...groups].sort((a, b) => {
      const [left, right] = [amount(a), amount(b)];
      if (left === null || right === null) return left === right ? rest(a, b) : left === null ? 1 : -1;
      return turn * compareUsd(right, left) || rest(a, b);
    });
  }
  const figure = BY[column] ?? BY.tokens;
  return [...groups].sort((a, b) => {
    const [left, right] = [figure?.(a) ?? null, figure?.(b) ?? null];
    if (left === null || right === null) return left === right ? rest(a, b) : left === null ? 1 : -1;
    return turn * (right - left) || rest(a, b);
  });
}
