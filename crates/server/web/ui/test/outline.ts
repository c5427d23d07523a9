import type { TraceSummary } from "../src/api/types";
import { Outline, type OutlinePage } from "../src/lib/outline";

export interface Row {
  id: string;
  parent?: string;
  start: number;
  /** null while it runs. */
  end: number | null;
  name?: string;
  kind?: string;
  status?: string;
  model?: string;
  agent?: string;
  tokens?: number;
  nano?: number | null;
  counted?: boolean;
}

/** One page with all of the rows, which come in display order. Times are milliseconds. */
export function page(rows: readonly Row[]): OutlinePage {
  const list = (read: (row: Row) => string | undefined) => {
    const words = [...new Set(rows.map(read).filter((word) => word !== undefined))];
    const numbers = new Map(words.map((word, number) => [word, number]));
    const index = (row: Row) => numbers.get(read(row) ?? "") ?? -1;
    return { words, numbers: rows.map(index) };
  };
  const place = new Map(rows.map((row, index) => [row.id, index]));
  const parent = rows.map((row) => (row.parent === undefined ? -1 : (place.get(row.parent) ?? -1)));
  const size = rows.map(() => 1);
  for (let row = rows.length - 1; row >= 0; row -= 1) {
    const above = parent[row] ?? -1;
    if (above >= 0) size[above] = (size[above] ?? 0) + (size[row] ?? 0);
  }
  const depth: number[] = [];
  for (const above of parent) depth.push(above < 0 ? 0 : (depth[above] ?? 0) + 1);
  const [kind, status, name, model, agent] = [
    list((row) => row.kind ?? "other"),
    list((row) => row.status ?? "ok"),
    list((row) => row.name ?? row.id),
    list((row) => row.model),
    list((row) => row.agent),
  ];
  return {
    trace: { trace_id: "t", started_at: "2026-11-20T07:00:00Z" } as TraceSummary,
    version: "1",
    total: rows.length,
    at: 0,
    next_at: null,
    ids: rows.map((row) => row.id),
    parent,
    size,
    depth,
    start_us: rows.map((row) => row.start * 1000),
    duration_us: rows.map((row) => (row.end === null ? -1 : (row.end - row.start) * 1000)),
    kind: kind.numbers,
    kinds: kind.words,
    status: status.numbers,
    statuses: status.words,
    name: name.numbers,
    names: name.words,
    agent: agent.numbers,
    agents: agent.words,
    model: model.numbers,
    models: model.words,
    tool: rows.map(() => -1),
    tools: [],
    counted: rows.map((row) => (row.tokens === undefined ? -1 : row.counted === false ? 0 : 1)),
    input: rows.map((row) => row.tokens ?? -1),
    output: rows.map((row) => (row.tokens === undefined ? -1 : 0)),
    cost_nusd: rows.map((row) => row.nano ?? null),
    self_us: rows.map(() => 0),
    first_token_us: rows.map(() => -1),
  };
}

export const outline = (rows: readonly Row[]) => new Outline(page(rows));

/** The rows `from` to `to` of a page, as the server would send them. */
export function part(whole: OutlinePage, from: number, to: number): OutlinePage {
  const columns = Object.entries(whole).map(([name, value]) => {
    const many = Array.isArray(value) && value.length === whole.total && !LISTS.has(name);
    return [name, many ? value.slice(from, to) : value];
  });
  return { ...Object.fromEntries(columns), at: from, next_at: to < whole.total ? to : null };
}

const LISTS = new Set(["kinds", "statuses", "names", "agents", "models", "tools"]);
