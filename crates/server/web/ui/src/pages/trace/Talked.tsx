// What the trace was asked and what it answered, from the few spans that are likely to hold both.
import { useQueries } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { spanQuery } from "../../api/queries";
import type { Span } from "../../api/types";
import { Marked } from "../../components/Marked";
import { exchangeOf } from "../../lib/exchange";
import { t } from "../../lib/i18n";
import type { Outline } from "../../lib/outline";

/** Lines before a text is folded, and about as many characters. */
const LINES = 4;
const CHARACTERS = 280;

/** The first root, the first call of a model and the last one that ended well. */
export function likelyRows(outline: Outline): number[] {
  let first = -1;
  let last = -1;
  for (let row = 0; row < outline.loaded; row += 1) {
    if (outline.kind(row) !== "llm") continue;
    if (first < 0 || outline.startOf(row) < outline.startOf(first)) first = row;
    if (outline.isFailed(row) || outline.isRunning(row)) continue;
    if (last < 0 || outline.endOf(row) >= outline.endOf(last)) last = row;
  }
  return [...new Set([0, first, last])].filter((row) => row >= 0 && row < outline.loaded);
}

interface Props {
  traceId: string;
  outline: Outline;
  loaded: number;
}

export function Talked({ traceId, outline, loaded }: Props) {
  // biome-ignore lint/correctness/useExhaustiveDependencies: `loaded` says when the columns hold more
  const ids = useMemo(() => likelyRows(outline).map((row) => outline.ids[row] ?? ""), [outline, loaded]);
  const answers = useQueries({ queries: ids.map((id) => spanQuery(traceId, id)) });
  const spans = answers.flatMap(({ data }): Span[] => (data ? [data] : []));
  if (spans.length < ids.length && answers.some(({ isPending }) => isPending)) return null;
  const { asked, answered } = exchangeOf(spans);
  if (asked === null && answered === null) return null;
  return (
    <section className="talked">
      {asked === null ? null : <Words title={t("Asked")} text={asked} />}
      {answered === null ? null : <Words title={t("Answered")} text={answered} />}
    </section>
  );
}

function Words({ title, text }: { title: string; text: string }) {
  const [open, setOpen] = useState(false);
  const long = text.length > CHARACTERS || text.split("\n").length > LINES;
  return (
    <div>
      <h2>{title}</h2>
      <p className={long && !open ? "talked-text is-cut" : "talked-text"} dir="auto">
        <Marked text={text} />
      </p>
      {long ? (
        <button type="button" className="quiet-button" onClick={() => setOpen(!open)}>
          {open ? t("Show less") : t("Show all")}
        </button>
      ) : null}
    </div>
  );
}
