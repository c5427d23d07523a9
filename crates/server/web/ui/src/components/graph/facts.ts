// What a node or an edge comes to, in words, and its hue.
import type { GraphEdge, GraphNode } from "../../api/outline";
import { count, duration, usd } from "../../lib/format";
import { t } from "../../lib/i18n";
import { type Hue, hueOf } from "../../lib/kinds";

/** Models have the hue of the calls to them. */
export const hueOfNode = (kind: string): Hue => hueOf(kind === "model" ? "llm" : kind);

/** What an edge or a node comes to, in words. */
export function factsOf(of: GraphNode | GraphEdge, places: number): string[] {
  const facts = [t("{n} calls", { count: of.calls, n: count(of.calls) })];
  if (of.inferred) facts.push(t("{n} inferred", { n: count(of.inferred) }));
  if (of.errors > 0) facts.push(t("{n} failed", { n: count(of.errors) }));
  if (of.duration_ms !== null) facts.push(duration(of.duration_ms));
  if (of.tokens) facts.push(t("{n} tokens", { count: of.tokens, n: count(of.tokens) }));
  if (of.cost_usd !== null) facts.push(usd(of.cost_usd, places));
  if ("handoffs" in of && of.handoffs)
    facts.push(t("{n} hand-offs", { count: of.handoffs, n: count(of.handoffs) }));
  return facts;
}
