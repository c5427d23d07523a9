// A trace as columns: one typed array per field, rows in display order (preorder, siblings by start). A hundred
// thousand spans are then a few megabytes, a folded row is passed over by adding its size, and nothing is an object.
import type { TraceSummary } from "../api/types";

/** One page of /api/v1/traces/{id}/outline. Numbers of kind, status, name, agent, model and tool point into its lists. */
export interface OutlinePage {
  trace: TraceSummary;
  version: string | number;
  total: number;
  at: number;
  next_at: number | null;
  ids: string[];
  parent: number[];
  size: number[];
  depth: number[];
  start_us: number[];
  duration_us: number[];
  kind: number[];
  kinds: string[];
  status: number[];
  statuses: string[];
  name: number[];
  names: string[];
  agent: number[];
  agents: string[];
  model: number[];
  models: string[];
  tool: number[];
  tools: string[];
  counted: number[];
  input: number[];
  output: number[];
  cost_nusd: (number | null)[];
  self_us: number[];
  first_token_us: number[];
  inferred?: number[];
}

/** Words that rows point to by number; the same word has one number in the whole trace. */
class Words {
  readonly list: string[] = [];
  private readonly numbers = new Map<string, number>();

  numberOf(word: string): number {
    const known = this.numbers.get(word);
    if (known !== undefined) return known;
    this.numbers.set(word, this.list.length);
    return this.list.push(word) - 1;
  }
}

export type WordField = "kind" | "status" | "name" | "agent" | "model" | "tool";
const WORD_FIELDS = ["kind", "status", "name", "agent", "model", "tool"] as const;
const LISTS = {
  kind: "kinds",
  status: "statuses",
  name: "names",
  agent: "agents",
  model: "models",
  tool: "tools",
} as const;

export class Outline {
  trace: TraceSummary;
  readonly version: string;
  readonly total: number;
  /** Rows that have arrived: 0 to `loaded` − 1. */
  loaded = 0;
  readonly ids: string[] = [];
  readonly parent: Int32Array;
  /** Rows of the subtree, the row itself included. */
  readonly size: Int32Array;
  readonly depth: Int32Array;
  /** Milliseconds from the start of the trace. */
  readonly start: Float64Array;
  /** Milliseconds; −1 while it runs. */
  readonly duration: Float64Array;
  readonly self: Float64Array;
  /** Milliseconds from the span's start; −1 unknown. */
  readonly firstToken: Float64Array;
  /** 1 counted, 0 repeats what is counted elsewhere, −1 nothing to count. */
  readonly counted: Int8Array;
  /** Tokens; −1 none reported. */
  readonly input: Float64Array;
  readonly output: Float64Array;
  /** Billionths of a dollar; NaN unknown. */
  readonly cost: Float64Array;
  private readonly failedRows: Uint8Array;
  private readonly inferredRows: Uint8Array;
  readonly words: Record<WordField, Words>;
  private readonly numbers: Record<WordField, Int32Array>;
  private readonly rows = new Map<string, number>();
  /** The last start or end that is known, in milliseconds. */
  last = 0;
  running = 0;
  failed = 0;
  /** The largest counted usage, the full length of a token bar. */
  mostTokens = 0;

  constructor(first: OutlinePage) {
    const { total } = first;
    this.trace = first.trace;
    this.version = String(first.version);
    this.total = total;
    this.parent = new Int32Array(total);
    this.size = new Int32Array(total);
    this.depth = new Int32Array(total);
    this.start = new Float64Array(total);
    this.duration = new Float64Array(total);
    this.self = new Float64Array(total);
    this.firstToken = new Float64Array(total);
    this.counted = new Int8Array(total);
    this.input = new Float64Array(total);
    this.output = new Float64Array(total);
    this.cost = new Float64Array(total);
    this.failedRows = new Uint8Array(total);
    this.inferredRows = new Uint8Array(total);
    const of = <T>(make: () => T) =>
      Object.fromEntries(WORD_FIELDS.map((field) => [field, make()])) as Record<WordField, T>;
    this.words = of(() => new Words());
    this.numbers = of(() => new Int32Array(total));
    this.add(first);
  }

  get complete(): boolean {
    return this.loaded >= this.total;
  }

  /** Takes the next page; a page that is not the next one is left out. */
  add(page: OutlinePage): void {
    if (page.at !== this.loaded || this.complete) return;
    const many = Math.min(page.ids.length, this.total - this.loaded);
    for (const field of WORD_FIELDS) this.fillWords(field, page, many);
    for (let index = 0; index < many; index += 1) this.fill(page, index, page.at + index);
    this.loaded += many;
  }

  private fillWords(field: WordField, page: OutlinePage, many: number): void {
    const numbers = page[LISTS[field]].map((word) => this.words[field].numberOf(word));
    const column = this.numbers[field];
    const sent = page[field];
    for (let index = 0; index < many; index += 1) column[page.at + index] = numbers[sent[index] ?? -1] ?? -1;
  }

  private fill(page: OutlinePage, index: number, row: number): void {
    const id = page.ids[index] ?? "";
    const start = (page.start_us[index] ?? 0) / 1000;
    const us = page.duration_us[index] ?? -1;
    const duration = us < 0 ? -1 : us / 1000;
    this.ids.push(id);
    this.rows.set(id, row);
    this.parent[row] = page.parent[index] ?? -1;
    this.size[row] = Math.max(1, page.size[index] ?? 1);
    this.depth[row] = page.depth[index] ?? 0;
    this.start[row] = start;
    this.duration[row] = duration;
    this.self[row] = (page.self_us[index] ?? 0) / 1000;
    const token = page.first_token_us[index] ?? -1;
    this.firstToken[row] = token < 0 ? -1 : token / 1000;
    this.counted[row] = page.counted[index] ?? -1;
    this.input[row] = page.input[index] ?? -1;
    this.output[row] = page.output[index] ?? -1;
    this.cost[row] = page.cost_nusd[index] ?? Number.NaN;
    this.inferredRows[row] = page.inferred?.[index] ?? 0;
    this.last = Math.max(this.last, start + Math.max(0, duration));
    if (duration < 0) this.running += 1;
    if (this.counted[row] === 1) this.mostTokens = Math.max(this.mostTokens, this.tokens(row));
    if (this.word("status", row) === "error") {
      this.failedRows[row] = 1;
      this.failed += 1;
    }
  }

  /** The row of a span, −1 when it is not there (yet). */
  rowOf(id: string | null): number {
    return id === null ? -1 : (this.rows.get(id) ?? -1);
  }

  word(field: WordField, row: number): string | null {
    const number = this.numbers[field][row] ?? -1;
    return this.words[field].list[number] ?? null;
  }

  /** The number of a row's word, −1 none; rows with the same number have the same word. */
  number(field: WordField, row: number): number {
    return this.numbers[field][row] ?? -1;
  }

  name(row: number): string {
    return this.word("name", row) ?? "";
  }

  kind(row: number): string {
    return this.word("kind", row) ?? "other";
  }

  isFailed(row: number): boolean {
    return this.failedRows[row] === 1;
  }

  /** A tool run that no span tells of, inferred from the messages of calls. Its time is a bound. */
  isInferred(row: number): boolean {
    return this.inferredRows[row] === 1;
  }

  isRunning(row: number): boolean {
    return (this.duration[row] ?? 0) < 0;
  }

  /** Input and output; 0 when none are reported. */
  tokens(row: number): number {
    return Math.max(0, this.input[row] ?? 0) + Math.max(0, this.output[row] ?? 0);
  }

  startOf(row: number): number {
    return this.start[row] ?? 0;
  }

  /** Where a row ends; a span that still runs reaches to `horizon`. */
  endOf(row: number, horizon = this.last): number {
    const duration = this.duration[row] ?? 0;
    return duration < 0 ? Math.max(horizon, this.startOf(row)) : this.startOf(row) + duration;
  }

  sizeOf(row: number): number {
    return this.size[row] ?? 1;
  }

  hasChildren(row: number): boolean {
    return this.sizeOf(row) > 1;
  }

  /** The last start or end within a row's subtree: its latest news. */
  newsOf(row: number): number {
    const end = Math.min(row + this.sizeOf(row), this.loaded);
    let last = this.startOf(row);
    for (let at = row; at < end; at += 1)
      last = Math.max(last, this.startOf(at) + Math.max(0, this.duration[at] ?? 0));
    return last;
  }
}

/** Billionths of a dollar as decimal text, exactly. */
export function nanoUsd(value: number): string {
  const units = BigInt(Math.round(value));
  const digits = (units < 0n ? -units : units).toString().padStart(10, "0");
  const text = `${digits.slice(0, -9)}.${digits.slice(-9)}`.replace(/\.?0+$/, "");
  return `${units < 0n ? "-" : ""}${text}`;
}
