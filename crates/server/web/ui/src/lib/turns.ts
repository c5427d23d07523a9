// A trace as a conversation: every call with the messages that it added, not with those that it was sent again.
import type { Message, Span } from "../api/types";

export interface Turn {
  span: Span;
  messages: Message[];
  /** Messages of this call that an earlier turn has shown already. */
  repeated: number;
}

/** What was said in this span. A tool's run without messages is read as its call and its result. */
export function messagesOf(span: Span): Message[] {
  const messages = [...(span.input_messages ?? []), ...(span.output_messages ?? [])];
  if (messages.length > 0 || span.kind !== "tool") return messages;
  const name = span.tool ?? span.name;
  const given = (value: unknown) => value !== undefined && value !== null;
  if (given(span.tool_arguments)) {
    messages.push({
      role: "assistant",
      parts: [{ type: "tool_call", name, arguments: span.tool_arguments }],
    });
  }
  if (given(span.tool_result)) {
    messages.push({ role: "tool", parts: [{ type: "tool_call_response", response: span.tool_result }] });
  }
  return messages;
}

/** What a message says, without what differs between its first appearance and its repetition. */
function messageKey(message: Message): string {
  const parts = message.parts.map((part) =>
    part.type === "tool_call_response" ? { ...part, id: null } : part,
  );
  return JSON.stringify([message.role, parts]);
}

/** A tool's run answers a call that the model's turn has shown already, so only its result is new. */
function newIn(span: Span): Message[] {
  const messages = messagesOf(span);
  return span.kind === "tool" ? messages.filter((message) => message.role === "tool") : messages;
}

/** Reads spans in their order, page by page, and remembers what was said before. */
export class TurnReader {
  private readonly seen = new Set<string>();

  /** The turns of the next spans; calls that add nothing and did not fail are left out. */
  add(spans: readonly Span[]): Turn[] {
    const turns: Turn[] = [];
    for (const span of spans) {
      if (span.kind !== "llm" && span.kind !== "tool") continue;
      const all = newIn(span);
      const messages = all.filter((message) => {
        const key = messageKey(message);
        if (this.seen.has(key)) return false;
        this.seen.add(key);
        return true;
      });
      const failed = span.status === "error";
      if (messages.length > 0 || failed)
        turns.push({ span, messages, repeated: all.length - messages.length });
    }
    return turns;
  }
}

export function turnsOf(spans: readonly Span[]): Turn[] {
  return new TurnReader().add(spans);
}
