// Retrieved documents as cards: rank, score, id and the first lines.
import { useState } from "react";
import { Copy } from "../../components/Copy";
import { Json } from "../../components/Json";
import { Marked } from "../../components/Marked";
import type { RetrievedDocument } from "../../lib/documents";
import { marked } from "../../lib/format";
import { t } from "../../lib/i18n";

const FOLD_AT = 260;

/** Scores have no common scale: a bar compares those of one answer, where none is negative. */
function barOf(documents: readonly RetrievedDocument[]): (score: number | null) => number | null {
  const scores = documents.flatMap(({ score }) => (score === null ? [] : [score]));
  const most = Math.max(...scores, 0);
  const fits = most > 0 && scores.every((score) => score >= 0);
  return (score) => (fits && score !== null ? score / Math.max(most, most <= 1 ? 1 : most) : null);
}

export function Documents({ documents }: { documents: readonly RetrievedDocument[] }) {
  const bar = barOf(documents);
  return (
    <ol className="documents">
      {documents.map((one, index) => (
        <Card key={index} rank={index + 1} document={one} share={bar(one.score)} />
      ))}
    </ol>
  );
}

function Card({
  rank,
  document,
  share,
}: {
  rank: number;
  document: RetrievedDocument;
  share: number | null;
}) {
  const [open, setOpen] = useState(false);
  const { id, content, score, metadata } = document;
  const text = content ?? "";
  const long = text.length > FOLD_AT || text.split("\n").length > 3;
  const more = long || metadata !== null;
  return (
    <li className="document">
      <header>
        <span className="figure faint">{rank}</span>
        <strong className="document-id" title={id ?? undefined}>
          {id ?? t("Document {n}", { n: rank })}
        </strong>
        {score === null ? null : (
          <span className="document-score figure" title={t("Score {score}", { score })}>
            {share === null ? null : (
              <i aria-hidden="true">
                <i style={{ width: `${Math.round(share * 100)}%` }} />
              </i>
            )}
            {marked(score.toPrecision(3))}
          </span>
        )}
        {text ? <Copy text={text} what={t("Copy the document")} /> : null}
      </header>
      <p className={long && !open ? "document-text is-cut" : "document-text"} dir="auto">
        {text ? <Marked text={text} /> : <span className="faint">{t("The text was not recorded.")}</span>}
      </p>
      {open && metadata !== null ? <Json value={metadata} /> : null}
      {more ? (
        <button type="button" className="quiet-button" onClick={() => setOpen(!open)}>
          {open ? t("Show less") : t("Show all")}
        </button>
      ) : null}
    </li>
  );
}
