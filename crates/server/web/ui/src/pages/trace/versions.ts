// Two versions of a span, compared.
import type { Span, SpanConflict } from "../../api/types";

/** What a version says otherwise than the span: attributes that are new or have another value. */
export function differences(span: Span, conflict: SpanConflict): Record<string, unknown> {
  const known = span.attributes ?? {};
  const others = Object.entries(conflict.attributes ?? {}).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(known[name]),
  );
  return Object.fromEntries(others);
}
