import { Fragment, type ReactNode } from "react";

const TOKEN = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
/** Longer texts are shown without colours: thousands of elements would make the page slow. */
const MOST_COLOURED = 60_000;

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let last = 0;
  for (const match of text.matchAll(TOKEN)) {
    if (match.index > last) parts.push(text.slice(last, match.index));
    last = match.index + match[0].length;
    const [whole, string, colon] = match;
    if (string && colon) {
      parts.push(
        <span key={match.index} className="json-key">
          {string}
        </span>,
        colon,
      );
    } else {
      parts.push(
        <span key={match.index} className={string ? "json-string" : "json-value"}>
          {whole}
        </span>,
      );
    }
  }
  parts.push(text.slice(last));
  return parts;
}

/** Any value as indented JSON. Text that is itself a JSON object or array is shown as what it holds. */
export function jsonText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value, null, 2) ?? "undefined";
  const trimmed = value.trim();
  if (!/^[[{]/.test(trimmed)) return value;
  try {
    return JSON.stringify(JSON.parse(trimmed), null, 2);
  } catch {
    return value;
  }
}

export function Json({ value }: { value: unknown }) {
  const text = jsonText(value);
  // Plain words that hold a number are no JSON and stay plain.
  const plain = typeof value === "string" && text === value && !/^\s*[[{]/.test(value);
  return (
    <pre className="json">
      {plain || text.length > MOST_COLOURED
        ? text
        : coloured(text).map((part, index) => <Fragment key={index}>{part}</Fragment>)}
    </pre>
  );
}
