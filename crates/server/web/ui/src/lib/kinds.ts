import type { Kind } from "../api/types";

/** Kinds of work share one hue where they do the same sort of thing. */
export type Hue = "llm" | "tool" | "agent" | "retrieval" | "guardrail" | "other";

export const ALL_HUES: readonly Hue[] = ["llm", "tool", "agent", "retrieval", "guardrail", "other"];

const HUES: Record<Kind, Hue> = {
  agent: "agent",
  workflow: "agent",
  planning: "agent",
  task: "other",
  llm: "llm",
  embedding: "llm",
  rerank: "retrieval",
  retrieval: "retrieval",
  memory: "retrieval",
  tool: "tool",
  guardrail: "guardrail",
  evaluator: "guardrail",
  other: "other",
};

export function hueOf(kind: string): Hue {
  return HUES[kind as Kind] ?? "other";
}
