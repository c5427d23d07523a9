// A trace as one turn of a conversation: what was asked, what was done, what was answered.
import type { Message, Part, Span } from "../api/types";

export interface Exchange {
  /** What the user said that this turn is about. */
  asked: string | null;
  /** What came back in the end. */
  answered: string | null;
  /** Calls, tool runs and the like in between, in their order. */
  steps: Span[];
  /** Why there is no answer, where something failed. */
  failure: string | null;
}

const textOf = (message: Message): string =>
  message.parts
    .filter(
      (part): part is Part & { content: string } =>
        part.type === "text" && typeof (part as { content?: unknown }).content === "string",
    )
    .map((part) => part.content)
    .join("\n")
    .trim();

/** The last thing that this role said in words. */
function lastOf(messages: readonly Message[] | undefined, role: string): string | null {
  for (const message of [...(messages ?? [])].reverse()) {
    if (message.role !== role) continue;
    const text = textOf(message);
    if (text) return text;
  }
  return null;
}

const looksLikeData = (text: string) => /^\s*[[{][\s\S]*[\]}]\s*$/.test(text);

/** Of the whole turn's words and those of its calls the former, unless it is data where the calls hold a sentence. */
function readable(whole: string | null, ofCalls: string | null): string | null {
  if (whole === null) return ofCalls;
  return looksLikeData(whole) && ofCalls !== null && !looksLikeData(ofCalls) ? ofCalls : whole;
}

const STEPS = new Set(["llm", "tool", "retrieval", "rerank", "guardrail", "memory", "embedding"]);
const began = (span: Span) => Date.parse(span.started_at);

export function exchangeOf(spans: readonly Span[]): Exchange {
  const inOrder = [...spans].sort((a, b) => began(a) - began(b));
  const roots = inOrder.filter((span) => span.parent_span_id === null);
  const calls = inOrder.filter((span) => span.kind === "llm");
  const first = <T>(list: readonly Span[], of: (span: Span) => T | null): T | null => {
    for (const span of list) {
      const found = of(span);
      if (found !== null) return found;
    }
    return null;
  };
  const given = (list: readonly Span[]) => first(list, (span) => lastOf(span.input_messages, "user"));
  const said = (list: readonly Span[]) => first(list, (span) => lastOf(span.output_messages, "assistant"));
  const asked = readable(given(roots), given(calls)) ?? given(inOrder);
  const answered = readable(said(roots), said([...calls].reverse()));
  const failed = [...inOrder].reverse().find((span) => span.status === "error");
  const failure = failed ? (failed.status_message ?? failed.error_type ?? null) : null;
  return {
    asked,
    answered,
    steps: inOrder.filter((span) => STEPS.has(span.kind)),
    failure: failed ? (failure ?? "") : null,
  };
}
