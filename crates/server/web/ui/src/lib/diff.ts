// Two traces side by side: their trees aligned by kind and name, level by level and in order, and the words in which two
// texts differ. Both rest on the shortest edit script; where lists differ too much for it, on a greedy match.
import type { Outline } from "./outline";
import { childrenOf, rootsOf } from "./tree";

export type Change = "same" | "changed" | "added" | "removed";

export interface DiffRow {
  /** Row of the left trace, −1 for what only the right one has. */
  left: number;
  right: number;
  depth: number;
  state: Change;
  /** Whether it, or anything below it, differs. */
  differs: boolean;
}

/** Edits between two lists that are looked for, at most. */
const MOST_EDITS = 2_000;
/** How far ahead an equal item is looked for in lists that differ by more. */
const NEAR = 12;
/** Words beyond which two texts are compared by lines. */
const MOST_WORDS = 8_000;
const ROWS_AT_ONCE = 2_000;

/**
 * Pairs of positions that stay the same in the shortest way from one list to the other, in order. Lists that differ too
 * much are matched greedily: each item with the next equal one.
 */
export function matches(left: readonly number[], right: readonly number[]): [number, number][] {
  let first = 0;
  while (first < left.length && first < right.length && left[first] === right[first]) first += 1;
  let last = 0;
  const rest = Math.min(left.length, right.length) - first;
  while (last < rest && left[left.length - 1 - last] === right[right.length - 1 - last]) last += 1;
  const pairs: [number, number][] = [];
  for (let at = 0; at < first; at += 1) pairs.push([at, at]);
  const a = left.slice(first, left.length - last);
  const b = right.slice(first, right.length - last);
  const middle = shortest(a, b) ?? greedy(a, b);
  for (const [x, y] of middle) pairs.push([x + first, y + first]);
  for (let at = last; at > 0; at -= 1) pairs.push([left.length - at, right.length - at]);
  return pairs;
}

/** Myers' shortest edit script (Algorithmica 1, 1986, section 4); null when it takes more edits than are tried. */
function shortest(a: readonly number[], b: readonly number[]): [number, number][] | null {
  const most = Math.min(MOST_EDITS, a.length + b.length);
  const furthest = new Int32Array(2 * most + 3);
  const middle = most + 1;
  const tried: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits += 1) {
    tried.push(furthest.slice(middle - edits - 1, middle + edits + 2));
    for (let k = -edits; k <= edits; k += 2) {
      const down =
        k === -edits || (k !== edits && (furthest[middle + k - 1] ?? 0) < (furthest[middle + k + 1] ?? 0));
      let x = down ? (furthest[middle + k + 1] ?? 0) : (furthest[middle + k - 1] ?? 0) + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x += 1;
      furthest[middle + k] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(tried, a.length, b.length);
    }
  }
  return null;
}

/** The pairs along the way that led to the end. */
function walkBack(tried: readonly Int32Array[], endX: number, endY: number): [number, number][] {
  const pairs: [number, number][] = [];
  let [x, y] = [endX, endY];
  for (let edits = tried.length - 1; edits >= 0; edits -= 1) {
    const furthest = tried[edits] ?? new Int32Array();
    const at = (k: number) => furthest[k + edits + 1] ?? 0;
    const k = x - y;
    const down = k === -edits || (k !== edits && at(k - 1) < at(k + 1));
    const before = edits === 0 ? 0 : down ? at(k + 1) : at(k - 1) + 1;
    while (x > before) {
      x -= 1;
      y -= 1;
      pairs.push([x, y]);
    }
    if (edits > 0) {
      if (down) y -= 1;
      else x -= 1;
    }
  }
  return pairs.reverse();
}

/** Each item with the next equal one, if that is near. */
function greedy(a: readonly number[], b: readonly number[]): [number, number][] {
  const pairs: [number, number][] = [];
  let from = 0;
  a.forEach((item, x) => {
    for (let y = from; y < Math.min(b.length, from + NEAR); y += 1) {
      if (b[y] !== item) continue;
      pairs.push([x, y]);
      from = y + 1;
      return;
    }
  });
  return pairs;
}

/** Numbers for what makes two spans the same step: their kind and name, without the model of a call. */
class Keys {
  private readonly numbers = new Map<string, number>();

  of(outline: Outline, row: number): number {
    const kind = outline.kind(row);
    const model = outline.word("model", row);
    const name = outline.name(row);
    const key = `${kind} ${kind === "llm" && model ? name.replace(model, "") : name}`;
    const known = this.numbers.get(key);
    if (known !== undefined) return known;
    this.numbers.set(key, this.numbers.size);
    return this.numbers.size - 1;
  }
}

/** Kinds whose spans may stand for each other although their names differ: another provider names the same call otherwise. */
const ALIKE = new Set(["llm", "embedding", "rerank", "agent", "workflow"]);

/** Rows that no row of the same name stands for, paired in their order by kind. */
function byKind(
  left: Outline,
  a: readonly number[],
  right: Outline,
  b: readonly number[],
): [number, number][] {
  if (a.length === 0 || b.length === 0) return [];
  const kinds = new Map<string, number>();
  const numbers = (outline: Outline, rows: readonly number[], alone: number) =>
    rows.map((row, at) => {
      const kind = outline.kind(row);
      if (!ALIKE.has(kind)) return alone - at * 2;
      if (!kinds.has(kind)) kinds.set(kind, kinds.size);
      return kinds.get(kind) ?? 0;
    });
  // Odd and even negative numbers: what has no kind of these fits nothing.
  return matches(numbers(left, a, -1), numbers(right, b, -2));
}

/** Whether two spans that stand for each other differ in what they did; how long they took is no change. */
function changed(left: Outline, a: number, right: Outline, b: number): boolean {
  const words = ["name", "status", "model", "tool", "agent"] as const;
  if (words.some((field) => left.word(field, a) !== right.word(field, b))) return true;
  const costs = [left.cost[a] ?? Number.NaN, right.cost[b] ?? Number.NaN] as const;
  return (
    left.input[a] !== right.input[b] || left.output[a] !== right.output[b] || !Object.is(costs[0], costs[1])
  );
}

/** The rows of both traces in the order of the left, those that only the right has where they would stand. */
export function* alignTraces(left: Outline, right: Outline): Generator<void, DiffRow[]> {
  const keys = new Keys();
  const rows: DiffRow[] = [];
  /** Numbers of rows above the present one, to tell them of differences. */
  type Task = { left: number; right: number; depth: number };
  const stack: Task[] = paired(left, [...rootsOf(left)], right, [...rootsOf(right)], 0, keys).reverse();
  const open: number[] = [];
  let steps = 0;
  for (let task = stack.pop(); task; task = stack.pop()) {
    const { left: a, right: b, depth } = task;
    const state: Change =
      a < 0 ? "added" : b < 0 ? "removed" : changed(left, a, right, b) ? "changed" : "same";
    open.length = depth;
    open.push(rows.length);
    rows.push({ left: a, right: b, depth, state, differs: false });
    if (state !== "same")
      for (const at of open) {
        const row = rows[at];
        if (row) row.differs = true;
      }
    const below = paired(
      left,
      a < 0 ? [] : [...childrenOf(left, a)],
      right,
      b < 0 ? [] : [...childrenOf(right, b)],
      depth + 1,
      keys,
    );
    steps += below.length + 1;
    for (let at = below.length - 1; at >= 0; at -= 1) stack.push(below[at] as Task);
    if (steps > ROWS_AT_ONCE) {
      steps = 0;
      yield;
    }
  }
  return rows;
}

function paired(
  left: Outline,
  a: readonly number[],
  right: Outline,
  b: readonly number[],
  depth: number,
  keys: Keys,
): { left: number; right: number; depth: number }[] {
  const same = matches(
    a.map((row) => keys.of(left, row)),
    b.map((row) => keys.of(right, row)),
  );
  const tasks: { left: number; right: number; depth: number }[] = [];
  let [x, y] = [0, 0];
  for (const [i, j] of [...same, [a.length, b.length] as const]) {
    const alike = byKind(left, a.slice(x, i), right, b.slice(y, j)).map(([l, r]) => [l + x, r + y] as const);
    for (const [l, r] of [...alike, [i, j] as const]) {
      for (; x < l; x += 1) tasks.push({ left: a[x] ?? -1, right: -1, depth });
      for (; y < r; y += 1) tasks.push({ left: -1, right: b[y] ?? -1, depth });
      if (l >= i || r >= j) continue;
      tasks.push({ left: a[l] ?? -1, right: b[r] ?? -1, depth });
      x = l + 1;
      y = r + 1;
    }
    if (i < a.length && j < b.length) tasks.push({ left: a[i] ?? -1, right: b[j] ?? -1, depth });
    x = i + 1;
    y = j + 1;
  }
  return tasks;
}

export interface Piece {
  text: string;
  state: "same" | "added" | "removed";
}

/** The words of two texts with what was taken away and what was put in. Long texts are compared by lines. */
export function diffWords(before: string, after: string): Piece[] {
  if (before === after) return before ? [{ text: before, state: "same" }] : [];
  const words = /\s+|[\p{L}\p{N}_]+|[^\s\p{L}\p{N}_]/gu;
  const cut = (text: string, by: RegExp) => text.match(by) ?? [];
  let [a, b] = [cut(before, words), cut(after, words)];
  if (a.length + b.length > MOST_WORDS)
    [a, b] = [cut(before, /[^\n]*\n|[^\n]+/g), cut(after, /[^\n]*\n|[^\n]+/g)];
  const numbers = new Map<string, number>();
  const numbered = (items: readonly string[]) =>
    items.map((item) => {
      const known = numbers.get(item) ?? numbers.size;
      numbers.set(item, known);
      return known;
    });
  const pieces: Piece[] = [];
  const put = (text: string, state: Piece["state"]) => {
    if (!text) return;
    const last = pieces[pieces.length - 1];
    if (last?.state === state) last.text += text;
    else pieces.push({ text, state });
  };
  let [x, y] = [0, 0];
  for (const [i, j] of [...matches(numbered(a), numbered(b)), [a.length, b.length] as const]) {
    put(a.slice(x, i).join(""), "removed");
    put(b.slice(y, j).join(""), "added");
    if (i < a.length) put(a[i] ?? "", "same");
    x = i + 1;
    y = j + 1;
  }
  return pieces;
}

export interface Said {
  role: string;
  text: string;
}

/** Messages of two calls that stand for each other: equal ones, then those of the same role in order. */
export function alignSaid(left: readonly Said[], right: readonly Said[]): [Said | null, Said | null][] {
  const numbers = new Map<string, number>();
  const numbered = (items: readonly Said[]) =>
    items.map(({ role, text }) => {
      const key = `${role}\n${text}`;
      const known = numbers.get(key) ?? numbers.size;
      numbers.set(key, known);
      return known;
    });
  const rows: [Said | null, Said | null][] = [];
  let [x, y] = [0, 0];
  for (const [i, j] of [...matches(numbered(left), numbered(right)), [left.length, right.length] as const]) {
    const [gone, come] = [left.slice(x, i), right.slice(y, j)];
    for (const said of gone) {
      const at = come.findIndex(({ role }) => role === said.role);
      if (at < 0) rows.push([said, null]);
      else {
        for (const before of come.splice(0, at)) rows.push([null, before]);
        rows.push([said, come.shift() ?? null]);
      }
    }
    for (const said of come) rows.push([null, said]);
    if (i < left.length) rows.push([left[i] ?? null, right[j] ?? null]);
    x = i + 1;
    y = j + 1;
  }
  return rows;
}
