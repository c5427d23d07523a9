// The table of the work pages: a real one, in the page's own scroll. A row opens its part of the page, the figures in
// it open the traces behind them. Columns leave when space is short; what is narrow reads in two lines.
import { type ReactNode, useMemo, useRef, useState } from "react";
import { Link } from "../../components/Link";
import { SortHead } from "../../components/SortHead";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { type Ordering, ordered } from "../../lib/order";
import { useKeys } from "../../state/keys";
import { useWidth } from "../../state/screen";
import { navigate, setParams, usePlace } from "../../state/url";
import { detailHref } from "./place";

export interface WorkColumn<Row> {
  id: string;
  head: string;
  title?: string;
  end?: boolean;
  /** What the column is sorted by; unknown ones come last. */
  by?: (row: Row) => number | string | null;
  /** Least width in pixels, from which follows what fits. */
  least: number;
  /** Columns leave when space is short, the highest number first. Those without stay. */
  drop?: number;
  /** Takes the space that is left. */
  grows?: boolean;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly WorkColumn<Row>[];
  rowKey: (row: Row) => string;
  name: (row: Row) => ReactNode;
  nameHead: string;
  /** For finding rows and for the order by name. */
  nameText: (row: Row) => string;
  compact: (row: Row) => ReactNode;
  /** "-calls" sorts by calls from the largest. */
  sort: string;
  /** Opens another page instead of the part of this one. */
  rowHref?: (row: Row) => string;
  foot?: ReactNode;
}

const NARROW = 560;
const GAP = 16;
const NAME_LEAST = 150;
const ROWS_AT_ONCE = 100;
const FIND_FROM = 9;

/** The columns whose least widths fit. */
function fitting<Row>(columns: readonly WorkColumn<Row>[], width: number): readonly WorkColumn<Row>[] {
  let kept = columns;
  const least = () => kept.reduce((sum, column) => sum + column.least + GAP, NAME_LEAST);
  while (width > 0 && least() > width) {
    const most = Math.max(...kept.map((column) => column.drop ?? 0));
    if (most === 0) break;
    kept = kept.filter((column) => (column.drop ?? 0) !== most);
  }
  return kept;
}

export function WorkTable<Row>(props: Props<Row>) {
  const { rows, columns, rowKey, nameText } = props;
  const { params } = usePlace();
  const box = useRef<HTMLDivElement>(null);
  const width = useWidth(box);
  const narrow = width > 0 && width < NARROW;
  const [all, setAll] = useState(false);
  const find = params.get("find") ?? "";
  const sort = params.get("sort") ?? props.sort;
  const picked = params.get("open");
  const found = useMemo(() => {
    const word = find.trim().toLowerCase();
    const kept = word ? rows.filter((row) => nameText(row).toLowerCase().includes(word)) : rows;
    const by = columns.find((column) => column.id === sort.replace("-", ""))?.by ?? nameText;
    const order: Ordering<Row> = { by, down: sort.startsWith("-"), name: nameText };
    return ordered(kept, order);
  }, [rows, columns, find, sort, nameText]);
  const shown = all ? found : found.slice(0, ROWS_AT_ONCE);
  const target = (row: Row) => props.rowHref?.(row) ?? detailHref(rowKey(row));

  const move = (step: number) => (event: KeyboardEvent) => {
    if (shown.length === 0 || props.rowHref) return;
    event.preventDefault();
    const at = shown.findIndex((row) => rowKey(row) === picked);
    const next = shown[Math.min(shown.length - 1, Math.max(0, at + step))];
    if (next === undefined) return;
    setParams({ open: rowKey(next) }, { replace: picked !== null });
    box.current
      ?.querySelector(`[data-row="${CSS.escape(rowKey(next))}"]`)
      ?.scrollIntoView({ block: "nearest" });
  };
  useKeys({ j: move(1), k: move(-1), ArrowDown: move(1), ArrowUp: move(-1) });

  const kept = fitting(columns, width);
  return (
    <div className="work-table-box" ref={box}>
      {rows.length >= FIND_FROM ? (
        <div className="work-find">
          <input
            className="field"
            type="search"
            value={find}
            placeholder={t("Find by name")}
            aria-label={t("Find by name")}
            onChange={(event) => setParams({ find: event.target.value || null }, { replace: true })}
          />
          <span className="faint" role="status">
            {find ? t("{n} of {all}", { n: count(found.length), all: count(rows.length) }) : null}
          </span>
        </div>
      ) : null}
      {narrow ? (
        <ul className="work-list" aria-label={props.label}>
          {shown.map((row) => (
            <li key={rowKey(row)}>
              <Link
                href={target(row)}
                className={rowKey(row) === picked ? "is-picked" : undefined}
                aria-current={rowKey(row) === picked || undefined}
              >
                {props.compact(row)}
              </Link>
            </li>
          ))}
        </ul>
      ) : (
        <table className="work-table" aria-label={props.label}>
          <thead>
            <tr>
              <Head id="name" head={props.nameHead} sort={sort} sortable />
              {kept.map((column) => (
                <Head key={column.id} {...column} sort={sort} sortable={column.by !== undefined} />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.map((row) => (
              <tr
                key={rowKey(row)}
                data-row={rowKey(row)}
                className={rowKey(row) === picked ? "is-picked" : undefined}
                onClick={(event) => {
                  if (event.target instanceof Element && event.target.closest("a, button")) return;
                  navigate(target(row));
                }}
              >
                <th scope="row">
                  <Link
                    className="row-name"
                    href={target(row)}
                    title={nameText(row)}
                    aria-current={rowKey(row) === picked || undefined}
                  >
                    {props.name(row)}
                  </Link>
                </th>
                {kept.map((column) => (
                  <td key={column.id} className={cellClass(column)} style={{ minWidth: column.least }}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {found.length === 0 ? <p className="part-empty">{t("No name contains these letters.")}</p> : null}
      {found.length > shown.length ? (
        <button type="button" className="button work-more" onClick={() => setAll(true)}>
          {t("Show all {n}", { n: count(found.length) })}
        </button>
      ) : null}
      {props.foot}
    </div>
  );
}

function cellClass(column: { end?: boolean; grows?: boolean }): string | undefined {
  return [column.end ? "end" : "", column.grows ? "grows" : ""].filter(Boolean).join(" ") || undefined;
}

interface HeadProps {
  id: string;
  head: string;
  title?: string;
  end?: boolean;
  grows?: boolean;
  sort: string;
  sortable: boolean;
}

function Head({ id, head, title, end, grows, sort, sortable }: HeadProps) {
  const className = cellClass({ ...(end ? { end } : {}), ...(grows ? { grows } : {}) });
  if (!sortable) {
    return (
      <th scope="col" className={className} title={title}>
        {head}
      </th>
    );
  }
  return (
    <SortHead
      {...{ id, head, title, className, sort }}
      ascending={id === "name"}
      onSort={(next) => setParams({ sort: next }, { replace: true })}
    />
  );
}
