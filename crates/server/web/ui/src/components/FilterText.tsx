// The filter's words behind the input, coloured by what they mean. Same letters at the same places as the input's own.
import { type ReactNode, useMemo } from "react";
import { isField, OR, type Term, terms } from "../lib/query";

interface Props {
  text: string;
  /** Where the server cannot read it, or null. */
  wrongAt: number | null;
  scrolled: number;
}

const HUES: Record<string, string> = { model: "hue-llm", tool: "hue-tool", agent: "hue-agent" };

function classOf(term: Term, wrongAt: number | null): string {
  const field = term.field?.text ?? "";
  const wrong = wrongAt !== null && wrongAt >= term.start && wrongAt <= term.end;
  const failing = field === "status" && term.values.some((value) => value.text === "error");
  return [
    "term",
    term.field ? "" : "is-words",
    term.field && !isField(field) ? "is-unknown" : "",
    term.not ? "is-not" : "",
    failing ? "is-failing" : (HUES[field] ?? ""),
    wrong ? "is-wrong" : "",
  ].join(" ");
}

export function FilterText({ text, wrongAt, scrolled }: Props) {
  const parts = useMemo(() => {
    const shown: ReactNode[] = [];
    let at = 0;
    for (const term of terms(text)) {
      const between = text.slice(at, term.start);
      shown.push(
        between.trim() === OR ? (
          <span key={`or ${at}`} className="term-or">
            {between}
          </span>
        ) : (
          between
        ),
      );
      const head = term.sign?.end ?? (term.not ? term.start + 1 : term.start);
      shown.push(
        <span key={term.start} className={classOf(term, wrongAt)}>
          <span className="term-head">{text.slice(term.start, head)}</span>
          <span className="term-value">{text.slice(head, term.end)}</span>
        </span>,
      );
      at = term.end;
    }
    shown.push(text.slice(at));
    if (wrongAt !== null && wrongAt >= text.trimEnd().length)
      shown.push(
        <span key="end" className="term-missing">
          {" "}
        </span>,
      );
    return shown;
  }, [text, wrongAt]);
  return (
    <div className="filter-mirror" aria-hidden="true">
      <div style={{ transform: `translateX(${-scrolled}px)` }}>{parts}</div>
    </div>
  );
}
