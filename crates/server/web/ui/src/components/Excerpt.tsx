// The text around the words of the search, in a column of a list.
import { type ExcerptOf, useExcerpt } from "../api/excerpts";
import { t } from "../lib/i18n";
import type { Column } from "./Grid";
import { FindWords, findWords, Marked } from "./Marked";

interface Props {
  subject: ExcerptOf;
  id: string;
  words: readonly string[];
}

export function Excerpt({ subject, id, words }: Props) {
  const query = useExcerpt(subject, words, id);
  if (!query.data) return query.isPending ? null : <span className="nil">–</span>;
  return (
    <span className="muted excerpt" dir="auto" title={query.data}>
      <FindWords.Provider value={words}>
        <Marked text={query.data} />
      </FindWords.Provider>
    </span>
  );
}

/** A list's columns with the found text before the given one, while words are searched. */
export function withExcerpt<Row>(
  columns: readonly Column<Row>[],
  before: string,
  subject: ExcerptOf,
  words: string,
  idOf: (row: Row) => string,
): readonly Column<Row>[] {
  const wanted = findWords(words);
  if (wanted.length === 0) return columns;
  const column: Column<Row> = {
    id: "excerpt",
    head: t("Found text"),
    title: t("The text around the words of the search"),
    width: "minmax(200px, 4fr)",
    drop: 0.1,
    cell: (row) => <Excerpt subject={subject} id={idOf(row)} words={wanted} />,
  };
  const at = columns.findIndex(({ id }) => id === before);
  return at < 0 ? [...columns, column] : [...columns.slice(0, at), column, ...columns.slice(at)];
}
