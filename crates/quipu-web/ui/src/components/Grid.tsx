// The one table: fixed row heights, virtualised, keyboard first, rows are links. Columns leave when space is short.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useKeys } from "../state/keys";
import { useNarrow, useWidth } from "../state/screen";
import { navigate } from "../state/url";
import { Icon } from "./Icon";
import { Link } from "./Link";

export interface Column<Row> {
  id: string;
  head: string;
  title?: string;
  /** A grid track: "96px", "minmax(160px, 2fr)". */
  width: string;
  end?: boolean;
  /** The name that the column is sorted by, if it can be. */
  sort?: string;
  /** Columns leave when space is short, the highest number first. Those without stay. */
  drop?: number;
  cell: (row: Row) => ReactNode;
}

interface Props<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  rowHref?: (row: Row) => string;
  onPick?: (row: Row) => void;
  picked?: string | null;
  /** "-cost" sorts by cost from the largest. */
  sort?: string;
  onSort?: (sort: string) => void;
  /** Two lines for narrow screens, instead of columns. */
  compact?: (row: Row) => ReactNode;
  rowClass?: (row: Row) => string;
  onEnd?: () => void;
  footer?: ReactNode;
  /** Scroll offsets are kept under this name, so that "back" returns to the same rows. */
  memory?: string;
}

const ROW = 28;
const COMPACT_ROW = 56;
const offsets = new Map<string, { top: number; cursor: number }>();

const GAP = 16;

/** The columns whose least widths fit into `width`, gaps and margins included. */
function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  if (width === 0) return columns;
  let kept = columns;
  const least = () =>
    kept.reduce((sum, column) => sum + Number(/\d+/.exec(column.width)?.[0] ?? 0) + GAP, 2 * GAP);
  while (least() > width) {
    const leaving = kept.reduce(
      (most, column) => ((column.drop ?? 0) > (most?.drop ?? 0) ? column : most),
      undefined as Column<Row> | undefined,
    );
    if (!leaving) return kept;
    kept = kept.filter((column) => column !== leaving);
  }
  return kept;
}

export function Grid<Row>(props: Props<Row>) {
  const { rows, rowKey, rowHref, onPick, memory, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const width = useWidth(scroller);
  const narrow = useNarrow() && props.compact !== undefined;
  const height = narrow ? COMPACT_ROW : ROW;
  const kept = memory ? offsets.get(memory) : undefined;
  const [cursor, setCursor] = useState(kept?.cursor ?? -1);
  const columns = fitting(props.columns, width);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 12,
    initialOffset: kept?.top ?? 0,
    scrollPaddingStart: narrow ? 0 : 32,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row height makes the measured ones wrong
  useEffect(() => virtual.measure(), [virtual, height]);

  const items = virtual.getVirtualItems();
  const lastIndex = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (onEnd && rows.length > 0 && lastIndex >= rows.length - 20) onEnd();
  }, [onEnd, rows.length, lastIndex]);
  useEffect(() => {
    if (memory) offsets.set(memory, { top: scroller.current?.scrollTop ?? 0, cursor });
  });

  const open = (row: Row) => {
    if (onPick) onPick(row);
    else if (rowHref) navigate(rowHref(row));
  };
  const move = (step: number) => (event: KeyboardEvent) => {
    if (rows.length === 0) return;
    event.preventDefault();
    const next = Math.min(rows.length - 1, Math.max(0, cursor + step));
    setCursor(next);
    virtual.scrollToIndex(next, { align: "auto" });
    const row = rows[next];
    if (onPick && row !== undefined) onPick(row);
  };
  useKeys({
    j: move(1),
    k: move(-1),
    ArrowDown: move(1),
    ArrowUp: move(-1),
    Enter: (event) => {
      const row = rows[cursor];
      if (
        row === undefined ||
        event.target instanceof HTMLAnchorElement ||
        event.target instanceof HTMLButtonElement
      )
        return;
      event.preventDefault();
      open(row);
    },
  });

  const tracks = { gridTemplateColumns: columns.map((column) => column.width).join(" ") };
  return (
    <div className="grid" role="table" aria-label={props.label} aria-rowcount={rows.length} ref={scroller}>
      {narrow ? null : (
        <div className="grid-head" role="row" style={tracks}>
          {columns.map((column) => (
            <Head key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
          ))}
        </div>
      )}
      <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          const key = rowKey(row);
          const shared = {
            key,
            role: "row",
            "aria-rowindex": item.index + 1,
            className: `grid-row ${narrow ? "grid-row-compact" : ""} ${item.index === cursor ? "is-cursor" : ""} ${
              props.picked === key ? "is-picked" : ""
            } ${props.rowClass?.(row) ?? ""}`,
            style: { ...(narrow ? {} : tracks), height, transform: `translateY(${item.start}px)` },
          };
          const cells = narrow
            ? props.compact?.(row)
            : columns.map((column) => (
                <span key={column.id} role="cell" className={column.end ? "cell end" : "cell"}>
                  {column.cell(row)}
                </span>
              ));
          const { key: rowId, ...rest } = shared;
          if (rowHref) {
            return (
              <Link key={rowId} {...rest} href={rowHref(row)} onClick={() => setCursor(item.index)}>
                {cells}
              </Link>
            );
          }
          return (
            <div
              key={rowId}
              {...rest}
              onClick={() => {
                setCursor(item.index);
                onPick?.(row);
              }}
            >
              {cells}
            </div>
          );
        })}
      </div>
      {props.footer}
    </div>
  );
}

interface HeadProps<Row> {
  column: Column<Row>;
  sort: string | undefined;
  onSort: ((sort: string) => void) | undefined;
}

function Head<Row>({ column, sort, onSort }: HeadProps<Row>) {
  const name = column.sort;
  const className = column.end ? "head-cell end" : "head-cell";
  if (!name || !onSort) {
    return (
      <span role="columnheader" className={className} title={column.title}>
        {column.head}
      </span>
    );
  }
  const state = sort === name ? "ascending" : sort === `-${name}` ? "descending" : "none";
  return (
    <span role="columnheader" aria-sort={state} className={className}>
      <button
        type="button"
        title={column.title ?? `Sort by ${column.head}`}
        className={state === "none" ? "head-button" : "head-button is-sorted"}
        onClick={() => onSort(state === "descending" ? name : `-${name}`)}
      >
        {column.head}
        <span className={state === "ascending" ? "sort-mark up" : "sort-mark"}>
          <Icon name="down" size={10} />
        </span>
      </button>
    </span>
  );
}
