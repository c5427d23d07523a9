// Loops in a trace: one tool or model called many times in a row by the same parent.
import type { Outline } from "./outline";

export interface Loop {
  name: string;
  kind: string;
  times: number;
  /** The first row of the run. */
  row: number;
  /** Milliseconds from its start to its end. */
  ms: number;
}

/** Fewer in a row are usual work: agents call their model again and again. */
const LEAST: Record<string, number> = { tool: 5, retrieval: 5, task: 8, agent: 8, llm: 10 };

/** The tool or model of a row, else its name. */
export const nameOf = (outline: Outline, row: number): string =>
  outline.word("tool", row) ?? outline.word("model", row) ?? outline.name(row);

/** Runs of siblings of one kind and name, the longest first. Agents alternate between a model and a tool, so only
 * siblings of the same kind interrupt a run. */
export function loopsOf(outline: Outline): Loop[] {
  const open = new Map<string, Loop>();
  const found: Loop[] = [];
  for (let row = 0; row < outline.loaded; row += 1) {
    const kind = outline.kind(row);
    if (!(kind in LEAST)) continue;
    const place = `${outline.parent[row]} ${kind}`;
    const name = nameOf(outline, row);
    const known = open.get(place);
    if (known?.name === name) {
      known.times += 1;
      known.ms = Math.max(known.ms, outline.endOf(row) - outline.startOf(known.row));
      continue;
    }
    const loop = { name, kind, times: 1, row, ms: outline.endOf(row) - outline.startOf(row) };
    open.set(place, loop);
    found.push(loop);
  }
  return found.filter((loop) => loop.times >= (LEAST[loop.kind] ?? 0)).sort((a, b) => b.times - a.times);
}
