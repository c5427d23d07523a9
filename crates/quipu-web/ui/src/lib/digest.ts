// What a trace says at a glance: where its time went, where its money went, what failed.
import type { Span } from "../api/types";
import { compareUsd, sumUsd } from "./format";
import type { Hue } from "./kinds";
import { hueOf } from "./kinds";
import type { Interval, Node } from "./tree";

export interface TimeShare {
  hue: Hue;
  ms: number;
}

/** Time on the critical path by kind of work, the longest first. */
export function timeByHue(
  path: ReadonlyMap<string, Interval[]>,
  byId: ReadonlyMap<string, Node>,
): TimeShare[] {
  const sums = new Map<Hue, number>();
  for (const [id, intervals] of path) {
    const hue = hueOf(byId.get(id)?.span.kind ?? "other");
    const ms = intervals.reduce((sum, [start, end]) => sum + end - start, 0);
    sums.set(hue, (sums.get(hue) ?? 0) + ms);
  }
  return [...sums].map(([hue, ms]) => ({ hue, ms })).sort((a, b) => b.ms - a.ms);
}

export interface ModelShare {
  model: string;
  calls: number;
  tokens: number;
  /** Of metered calls. */
  cost: string | null;
  /** Of calls within a subscription, at list price. */
  apart: string | null;
  unpriced: number;
  reason: string | null;
}

/** Counted usage by model, the dearest first. */
export function costByModel(spans: readonly Span[]): ModelShare[] {
  const groups = new Map<string, Span[]>();
  for (const span of spans) {
    if (!span.counted || !span.tokens) continue;
    const model = span.model ?? "unknown model";
    const group = groups.get(model);
    if (group) group.push(span);
    else groups.set(model, [span]);
  }
  const shares = [...groups].map(([model, calls]) => {
    const unpriced = calls.filter((span) => span.cost_usd === null);
    return {
      model,
      calls: calls.length,
      tokens: calls.reduce((sum, span) => sum + (span.tokens?.total ?? 0), 0),
      cost: sumUsd(calls.map((span) => (span.billing === "subscription" ? null : span.cost_usd))),
      apart: sumUsd(calls.map((span) => (span.billing === "subscription" ? span.cost_usd : null))),
      unpriced: unpriced.length,
      reason: unpriced[0]?.cost_reason ?? null,
    };
  });
  return shares.sort((a, b) => compareUsd(b.cost, a.cost) || b.tokens - a.tokens);
}

export interface FailureGroup {
  what: string;
  message: string | null;
  spanIds: string[];
}

/** Failures of the same thing with the same message as one line, the most frequent first. Summaries lack the message. */
export function groupFailures(failures: readonly Node[]): FailureGroup[] {
  const groups = new Map<string, FailureGroup>();
  for (const { span } of failures) {
    const what = span.tool ?? span.name;
    const key = `${what}\n${span.status_message ?? ""}`;
    const group = groups.get(key) ?? { what, message: span.status_message, spanIds: [] };
    group.spanIds.push(span.span_id);
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.spanIds.length - a.spanIds.length);
}

/** The failures nearest to their cause: failed spans without a failed span below them. */
export function rootFailures(nodes: Iterable<Node>): Node[] {
  const failed: Node[] = [];
  for (const node of nodes) if (node.span.status === "error" && !node.failedBelow) failed.push(node);
  return failed.sort((a, b) => a.start - b.start);
}
