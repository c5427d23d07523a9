// What a trace says at a glance: where its time went, where its money went, what failed.
import type { Path } from "./critical";
import type { Hue } from "./kinds";
import { hueOf } from "./kinds";
import { nanoUsd, type Outline } from "./outline";

export interface TimeShare {
  hue: Hue;
  ms: number;
}

/** Intervals that are added up between two pauses. */
const PARTS_AT_ONCE = 4_000;

/** Time on the critical path by kind of work, the longest first; pauses every few thousand rows. */
export function* addTimes(path: Path, outline: Outline): Generator<void, TimeShare[]> {
  const hues = outline.words.kind.list.map(hueOf);
  const sums = new Map<Hue, number>();
  let steps = 0;
  for (const [row, intervals] of path) {
    let ms = 0;
    for (const [start, end] of intervals) ms += end - start;
    const hue = hues[outline.number("kind", row)] ?? "other";
    sums.set(hue, (sums.get(hue) ?? 0) + ms);
    steps += intervals.length;
    if (steps > PARTS_AT_ONCE) {
      steps = 0;
      yield;
    }
  }
  return [...sums].map(([hue, ms]) => ({ hue, ms })).sort((a, b) => b.ms - a.ms);
}

export interface ModelShare {
  /** null for calls that do not name their model. */
  model: string | null;
  calls: number;
  tokens: number;
  /** Of the priced calls, as decimal text; null when none has a price. */
  cost: string | null;
  unpriced: number;
}

/** Counted usage by model, the dearest first. */
export function costByModel(outline: Outline): ModelShare[] {
  // By the number of the model; -1 for none.
  const groups = new Map<number, { calls: number; tokens: number; nano: number; unpriced: number }>();
  for (let row = 0; row < outline.loaded; row += 1) {
    if (outline.counted[row] !== 1 || (outline.input[row] ?? -1) < 0) continue;
    const model = outline.number("model", row);
    const group = groups.get(model) ?? { calls: 0, tokens: 0, nano: 0, unpriced: 0 };
    const cost = outline.cost[row] ?? Number.NaN;
    group.calls += 1;
    group.tokens += outline.tokens(row);
    if (Number.isNaN(cost)) group.unpriced += 1;
    else group.nano += cost;
    groups.set(model, group);
  }
  return [...groups]
    .sort(([, a], [, b]) => b.nano - a.nano || b.tokens - a.tokens)
    .map(([model, group]) => ({
      model: outline.words.model.list[model] ?? null,
      calls: group.calls,
      tokens: group.tokens,
      cost: group.unpriced === group.calls ? null : nanoUsd(group.nano),
      unpriced: group.unpriced,
    }));
}

export interface FailureGroup {
  what: string;
  kind: string;
  rows: number[];
}

/** Failures of the same thing as one line, the most frequent first. */
export function groupFailures(outline: Outline, failures: readonly number[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const row of failures) {
    const kind = outline.kind(row);
    const what = outline.word("tool", row) ?? outline.word("model", row) ?? outline.name(row);
    const key = `${kind}\n${what}`;
    const group = groups.get(key) ?? { what, kind, rows: [] };
    group.rows.push(row);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
}

/** Spans of each hue that there is. */
export function spansByHue(outline: Outline): Map<Hue, number> {
  const hues = outline.words.kind.list.map(hueOf);
  const byKind = new Uint32Array(hues.length);
  for (let row = 0; row < outline.loaded; row += 1) {
    const kind = outline.number("kind", row);
    byKind[kind] = (byKind[kind] ?? 0) + 1;
  }
  const sums = new Map<Hue, number>();
  hues.forEach((hue, kind) => {
    const many = byKind[kind] ?? 0;
    if (many > 0) sums.set(hue, (sums.get(hue) ?? 0) + many);
  });
  return sums;
}
