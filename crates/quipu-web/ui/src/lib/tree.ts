// A trace as a tree: parents, depth-first rows, self time. Spans may come in any order and lack their parents.
import type { Span } from "../api/types";
import { offsetMs, secondOf } from "./time";

export interface Node {
  span: Span;
  /** Milliseconds from the start of the trace. */
  start: number;
  end: number;
  depth: number;
  parent: Node | null;
  children: Node[];
  /** Spans below this one. */
  size: number;
  /** A failure somewhere below, for folded rows. */
  failedBelow: boolean;
}

export interface Tree {
  roots: Node[];
  byId: Map<string, Node>;
  /** Milliseconds from first start to last end. */
  total: number;
}

/** Spans whose parent is absent become roots; a parent loop is cut where it closes. */
export function buildTree(spans: readonly Span[]): Tree {
  const byId = new Map<string, Node>();
  if (spans.length === 0) return { roots: [], byId, total: 0 };
  const origin = secondOf(spans[0]?.started_at ?? "");
  let first = Number.POSITIVE_INFINITY;
  for (const span of spans) {
    const start = offsetMs(span.started_at, origin);
    first = Math.min(first, start);
    byId.set(span.span_id, {
      span,
      start,
      end: start + (span.duration_ms ?? 0),
      depth: 0,
      parent: null,
      children: [],
      size: 0,
      failedBelow: false,
    });
  }
  const roots = link(byId);
  let last = 0;
  for (const node of byId.values()) {
    node.start -= first;
    node.end -= first;
    last = Math.max(last, node.end);
  }
  // A span that still runs reaches to the end of what is known.
  for (const node of byId.values()) if (node.span.duration_ms === null) node.end = last;
  settle(roots);
  return { roots, byId, total: last };
}

function link(byId: Map<string, Node>): Node[] {
  const roots: Node[] = [];
  for (const node of byId.values()) {
    const parent = node.span.parent_span_id ? byId.get(node.span.parent_span_id) : undefined;
    node.parent = parent ?? null;
    if (parent) parent.children.push(node);
    else roots.push(node);
  }
  const reached = new Set<Node>();
  for (const root of roots) reach(root, reached);
  for (const node of byId.values()) {
    if (reached.has(node)) continue;
    // Only a loop is reachable from no root: open it here.
    if (node.parent) node.parent.children = node.parent.children.filter((child) => child !== node);
    node.parent = null;
    roots.push(node);
    reach(node, reached);
  }
  return roots;
}

function reach(from: Node, reached: Set<Node>): void {
  const stack = [from];
  for (let node = stack.pop(); node; node = stack.pop()) {
    if (reached.has(node)) continue;
    reached.add(node);
    for (const child of node.children) stack.push(child);
  }
}

const byStart = (a: Node, b: Node) => a.start - b.start || (a.span.span_id < b.span.span_id ? -1 : 1);

/** Sorts children, sets depths going down and sums going up, without recursion: traces can be deep. */
function settle(roots: Node[]): void {
  roots.sort(byStart);
  const order: Node[] = [];
  const stack = [...roots];
  for (let node = stack.pop(); node; node = stack.pop()) {
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    node.children.sort(byStart);
    order.push(node);
    for (const child of node.children) stack.push(child);
  }
  for (const node of order.reverse()) {
    if (!node.parent) continue;
    node.parent.size += node.size + 1;
    node.parent.failedBelow ||= node.failedBelow || node.span.status === "error";
  }
}

/** The visible rows in depth-first order. */
export function visibleRows(roots: readonly Node[], folded: ReadonlySet<string>): Node[] {
  const rows: Node[] = [];
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    rows.push(node);
    if (folded.has(node.span.span_id)) continue;
    for (let index = node.children.length - 1; index >= 0; index -= 1) {
      const child = node.children[index];
      if (child) stack.push(child);
    }
  }
  return rows;
}

export type Interval = readonly [start: number, end: number];

/** The parts of a span in which none of its children runs. Gaps shorter than `least` are left out. */
export function selfTime(node: Node, least = 0): Interval[] {
  const gaps: Interval[] = [];
  let at = node.start;
  for (const child of node.children) {
    if (child.start >= node.end) break;
    if (child.start - at > least) gaps.push([at, child.start]);
    at = Math.max(at, Math.min(child.end, node.end));
  }
  if (node.end - at > least || (gaps.length === 0 && node.children.length === 0)) gaps.push([at, node.end]);
  return gaps;
}

export function selfMs(node: Node): number {
  return selfTime(node).reduce((sum, [start, end]) => sum + end - start, 0);
}

/** Neighbouring intervals closer than `gap` drawn as one: a bar needs no more pieces than pixels. */
export function mergeClose(intervals: readonly Interval[], gap: number): Interval[] {
  const merged: Interval[] = [];
  for (const [start, end] of intervals) {
    const last = merged[merged.length - 1];
    if (last && start - last[1] <= gap) merged[merged.length - 1] = [last[0], end];
    else merged.push([start, end]);
  }
  return merged;
}
