import type { Span } from "../src/api/types";

const EPOCH = Date.parse("2026-11-20T07:00:00Z");

/** A span from `start` to `end` milliseconds after a fixed time. */
export function span(
  id: string,
  parent: string | null,
  start: number,
  end: number,
  status: Span["status"] = "ok",
): Span {
  return {
    span_id: id,
    parent_span_id: parent,
    name: id,
    kind: "other",
    started_at: new Date(EPOCH + start).toISOString(),
    duration_ms: end - start,
    status,
    status_message: null,
    agent: null,
    provider: null,
    model: null,
    tool: null,
    tokens: null,
    counted: false,
    cost_usd: null,
    cost_reason: null,
    reported_cost_usd: null,
    ttft_ms: null,
  };
}
