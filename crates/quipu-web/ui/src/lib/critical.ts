// The critical path: at every moment of a trace, the deepest span that its end was waiting for.
//
// Walk from the end of the root backwards. The child that ended last before the current moment is what was
// waited for; the walk goes into it and resumes at its start. What no child covers is the span's own time.
// (The same method as Uber's CRISP, USENIX ATC 2022, section 3.)
import type { Interval, Node } from "./tree";

/** Intervals of each span that lie on the critical path, in order of time. */
export function criticalPath(roots: readonly Node[]): Map<string, Interval[]> {
  const path = new Map<string, Interval[]>();
  const root = longest(roots);
  if (!root) return path;
  const stack: { node: Node; until: number }[] = [{ node: root, until: root.end }];
  for (let top = stack.pop(); top; top = stack.pop()) walk(top.node, top.until, path, stack);
  for (const intervals of path.values()) intervals.reverse();
  return path;
}

function longest(roots: readonly Node[]): Node | null {
  let best: Node | null = null;
  for (const root of roots) if (!best || root.end - root.start > best.end - best.start) best = root;
  return best;
}

function walk(
  node: Node,
  until: number,
  path: Map<string, Interval[]>,
  stack: { node: Node; until: number }[],
): void {
  const own: Interval[] = [];
  let at = until;
  for (const child of [...node.children].sort((a, b) => b.end - a.end)) {
    if (at <= node.start) break;
    // A child that outlives its parent counts up to where the parent ended.
    const end = Math.min(child.end, until);
    // One that began later or still ran at this moment is not what was waited for.
    if (child.start >= at || end > at) continue;
    if (end < at) own.push([end, at]);
    stack.push({ node: child, until: end });
    at = Math.max(node.start, child.start);
  }
  if (at > node.start || own.length === 0) own.push([node.start, Math.max(at, node.start)]);
  const known = path.get(node.span.span_id);
  if (known) known.push(...own);
  else path.set(node.span.span_id, own);
}
