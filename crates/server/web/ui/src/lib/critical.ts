// The critical path: at every moment of a trace, the deepest span that its end was waiting for.
//
// Walk from the end of the root backwards. The child that ended last before the current moment is what was
// waited for; the walk goes into it and resumes at its start. What no child covers is the span's own time.
// (The same method as Uber's CRISP, USENIX ATC 2022, section 3.)
import type { Outline } from "./outline";
import { childrenOf, type Interval, rootsOf } from "./tree";

export type Path = ReadonlyMap<number, Interval[]>;

/** How far two steps may overlap and still follow one another: times are rounded, and clocks differ a little. */
const TOUCH_MS = 0.005;
const TOUCH_SHARE = 0.01;
/** Rows of work between two pauses. */
const STEPS_AT_ONCE = 1_000;

/** Intervals of each row that lie on the critical path, in order of time; pauses every few thousand rows. */
export function* walkCriticalPath(outline: Outline): Generator<void, Path> {
  const path = new Map<number, Interval[]>();
  const root = longest(outline);
  if (root < 0) return path;
  const stack = [{ row: root, until: outline.endOf(root) }];
  let steps = 0;
  for (let top = stack.pop(); top; top = stack.pop()) {
    steps += visit(outline, top.row, top.until, path, stack);
    if (steps > STEPS_AT_ONCE) {
      steps = 0;
      yield;
    }
  }
  steps = 0;
  for (const intervals of path.values()) {
    intervals.reverse();
    steps += 1;
    if (steps % STEPS_AT_ONCE === 0) yield;
  }
  return path;
}

export function criticalPath(outline: Outline): Path {
  const walk = walkCriticalPath(outline);
  for (;;) {
    const step = walk.next();
    if (step.done) return step.value;
  }
}

function longest(outline: Outline): number {
  let best = -1;
  let most = -1;
  for (const root of rootsOf(outline)) {
    const length = outline.endOf(root) - outline.startOf(root);
    if (length <= most) continue;
    most = length;
    best = root;
  }
  return best;
}

/** Children by end, the last first. */
function byEnd(outline: Outline, row: number): Int32Array {
  const children = Int32Array.from(childrenOf(outline, row));
  return children.sort((a, b) => outline.endOf(b) - outline.endOf(a));
}

function visit(
  outline: Outline,
  row: number,
  until: number,
  path: Map<number, Interval[]>,
  stack: { row: number; until: number }[],
): number {
  const from = outline.startOf(row);
  const own: Interval[] = [];
  const children = outline.hasChildren(row) ? byEnd(outline, row) : new Int32Array();
  let at = until;
  for (const child of children) {
    if (at <= from) break;
    // A child that outlives its parent counts up to where the parent ended.
    const end = Math.min(outline.endOf(child), until);
    const start = outline.startOf(child);
    // One that began later or still ran at this moment is not what was waited for. Clocks are only so exact: a step
    // that ends a touch after the next one began has led to it all the same.
    if (start >= at || end - at > Math.max(TOUCH_MS, (end - start) * TOUCH_SHARE)) continue;
    if (end < at) own.push([end, at]);
    stack.push({ row: child, until: Math.min(end, at) });
    at = Math.max(from, start);
  }
  if (at > from || own.length === 0) own.push([from, Math.max(at, from)]);
  const known = path.get(row);
  if (known) known.push(...own);
  else path.set(row, own);
  return children.length + 1;
}
