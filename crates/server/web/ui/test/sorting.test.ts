import { describe, expect, it } from "vitest";
import type { Session, UsageGroup } from "../src/api/types";
import { sortedFigures } from "../src/components/graph/order";
import { nextSort } from "../src/lib/order";
import { sortedRows } from "../src/pages/cost/order";
import { sortedSessions } from "../src/pages/sessions/order";

/** Numbers that repeat from run to run. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state % 50;
  };
}

const group = (model: string, next: () => number): UsageGroup => {
  const [input, cache, output] = [next(), next(), next()];
  return {
    key: { model },
    llm_calls: next(),
    errors: next(),
    cost_usd: next() % 4 === 0 ? null : `${next()}.0000000000000000${next()}`,
    unpriced_calls: 0,
    latency_ms: { avg: null, p50: next() % 3 === 0 ? null : next(), p95: null, p99: null },
    tokens: { input, output, cache_read: cache, cache_write: 0, reasoning: 0, total: input + output },
  } as unknown as UsageGroup;
};

const rising = (values: (number | null)[]) => {
  const known = values.filter((value) => value !== null);
  return (
    known.every((value, at) => at === 0 || value >= (known[at - 1] ?? 0)) &&
    values.slice(0, known.length).every((value) => value !== null)
  );
};

const exact = (amount: string | null) => {
  if (amount === null) return null;
  const [whole, part = ""] = amount.split(".");
  return BigInt(whole + part.padEnd(20, "0"));
};

describe("sorting by every column", () => {
  it("orders the cost ledger by each figure, the unknown last either way", () => {
    const figures: Record<string, (row: UsageGroup) => number | null> = {
      calls: (row) => row.llm_calls,
      errors: (row) => row.errors,
      input: (row) => row.tokens.input,
      cached: (row) => row.tokens.cache_read,
      output: (row) => row.tokens.output,
      tokens: (row) => row.tokens.total,
      p50: (row) => row.latency_ms.p50,
    };
    for (let seed = 1; seed <= 40; seed += 1) {
      const next = numbers(seed);
      const rows = Array.from({ length: 2 + (next() % 20) }, (_, at) => group(`model-${at}`, next));
      for (const [column, of] of Object.entries(figures)) {
        expect(rising(sortedRows(rows, column, "model").map(of)), `${column} ${seed}`).toBe(true);
        const down = sortedRows(rows, `-${column}`, "model").map(of);
        expect(rising(down.map((value) => (value === null ? null : -value))), `-${column}`).toBe(true);
      }
      const amounts = sortedRows(rows, "-cost", "model").map((row) => exact(row.cost_usd));
      const known = amounts.filter((amount) => amount !== null);
      expect(known.every((amount, at) => at === 0 || amount <= (known[at - 1] ?? amount))).toBe(true);
      expect(amounts.slice(known.length).every((amount) => amount === null)).toBe(true);
    }
  });

  it("orders sessions by what each column shows", () => {
    const session = (id: string, at: number, traces: number, cost: string | null): Session =>
      ({
        session_id: id,
        started_at: "2026-11-01T00:00:00Z",
        last_at: new Date(Date.UTC(2026, 10, 1) + at * 1_000).toISOString(),
        traces,
        cost_usd: cost,
        tokens: { total: traces * 2 },
      }) as Session;
    const rows = [session("a", 9, 1, null), session("b", 5, 3, "0.2"), session("c", 1, 2, "0.10")];
    const ids = (sort: string) => sortedSessions(rows, sort).map((row) => row.session_id);
    expect(ids("-last")).toEqual(["a", "b", "c"]);
    expect(ids("last")).toEqual(["c", "b", "a"]);
    expect(ids("-turns")).toEqual(["b", "c", "a"]);
    expect(ids("-length")).toEqual(["a", "b", "c"]);
    expect(ids("cost")).toEqual(["c", "b", "a"]);
    expect(ids("-cost")).toEqual(["b", "c", "a"]);
    expect(ids("-unheard")).toEqual(["a", "b", "c"]);
  });

  it("orders nodes and edges of a graph", () => {
    const row = (name: string, calls: number, cost_usd: string | null) => ({
      ...{ name, calls, cost_usd },
      ...{ errors: 0, tokens: null, duration_ms: null },
    });
    const rows = [row("b", 1, "0.5"), row("a", 7, null), row("c", 3, "2")];
    const names = (sort: string) => sortedFigures(rows, sort, (one) => one.name).map((one) => one.name);
    expect(names("-calls")).toEqual(["a", "c", "b"]);
    expect(names("name")).toEqual(["a", "b", "c"]);
    expect(names("-cost")).toEqual(["c", "b", "a"]);
    expect(names("cost")).toEqual(["b", "c", "a"]);
  });

  it("turns round on the second click", () => {
    expect(nextSort("-cost", "calls")).toBe("-calls");
    expect(nextSort("-calls", "calls")).toBe("calls");
    expect(nextSort("calls", "calls")).toBe("-calls");
    expect(nextSort("-cost", "name", true)).toBe("name");
  });
});
