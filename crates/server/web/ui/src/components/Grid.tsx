// The one table: fixed row heights, virtualised, keyboard first, rows are links. Columns leave when space is short.
import { useVirtualizer } from "@tanstack/react-virtual";
import { type MouseEvent, type ReactNode, useEffect, useRef, useState } from "react";
import { t } from "../lib/i18n";
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
  /** The cell that holds the row's link; the first column's when no column says so. */
  link?: boolean;
  cell: (row: Row) => ReactNode;
}

/** Rows that are chosen for something to be done with them. */
export interface Selection {
  keys: ReadonlySet<string>;
  /** `through` is set when all rows since the last choice go along. */
  toggle: (key: string, through: boolean) => void;
  /** Chooses all rows that are loaded, or none. */
  all: () => void;
  label: (key: string) => string;
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
  selection?: Selection;
  /** Told which columns leave because space is short. */
  onDropped?: (ids: readonly string[]) => void;
  /** The reader chose the columns: none leaves, and what is wider than the screen scrolls. */
  keepColumns?: boolean;
  onEnd?: () => void;
  /** Told when the list is scrolled away from its top, and back. */
  onTop?: (atTop: boolean) => void;
  footer?: ReactNode;
  /** Scroll offsets are kept under this name, so that "back" returns to the same rows. */
  memory?: string;
}

const ROW = 28;
const COMPACT_ROW = 56;
const offsets = new Map<string, { top: number; cursor: number }>();

const GAP = 16;
const SELECT = 16 + GAP;

/** What the columns need at least, gaps and margins included. */
function least<Row>(columns: readonly Column<Row>[]): number {
  return columns.reduce((sum, column) => sum + Number(/\d+/.exec(column.width)?.[0] ?? 0) + GAP, 2 * GAP);
}

/** The columns whose least widths fit into `width`. */
function fitting<Row>(columns: readonly Column<Row>[], width: number): readonly Column<Row>[] {
  if (width === 0) return columns;
  let kept = columns;
  while (least(kept) > width) {
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
  const kept = memory ? offsets.get(memory) : undefined;
  const [cursor, setCursor] = useState(kept?.cursor ?? -1);
  const { selection } = props;
  const room = selection ? width - SELECT : width;
  const columns = props.keepColumns ? props.columns : fitting(props.columns, room);
  // Beside an open panel the columns that stay can be wider than the list.
  const tight = !props.keepColumns && width > 0 && least(columns) > room;
  const narrow = (useNarrow() || tight) && props.compact !== undefined;
  const height = narrow ? COMPACT_ROW : ROW;
  const { onDropped } = props;
  const dropped = props.columns
    .filter((column) => !columns.includes(column))
    .map(({ id }) => id)
    .join();
  useEffect(() => onDropped?.(dropped === "" ? [] : dropped.split(",")), [onDropped, dropped]);
  const wide = props.keepColumns && !narrow ? least(columns) + (selection ? SELECT : 0) : undefined;
  const linked = columns.find((column) => column.link) ?? columns[0];
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
  const { onTop } = props;
  const atTop = (virtual.scrollOffset ?? 0) < height;
  useEffect(() => onTop?.(atTop), [onTop, atTop]);
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
    // The keyboard is the list's now: enter means the row, and not what was pressed last.
    scroller.current?.focus({ preventScroll: true });
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
      if (row === undefined || within(event.target)) return;
      event.preventDefault();
      open(row);
    },
    x: (event) => {
      const row = rows[cursor];
      if (!selection || row === undefined) return;
      event.preventDefault();
      selection.toggle(rowKey(row), false);
    },
  });

  const click = (event: MouseEvent, row: Row, index: number) => {
    setCursor(index);
    if (event.defaultPrevented || within(event.target) || !window.getSelection()?.isCollapsed) return;
    if (onPick) onPick(row);
    else if (rowHref && (event.metaKey || event.ctrlKey || event.button === 1))
      window.open(rowHref(row), "_blank", "noopener");
    else if (rowHref && event.button === 0) navigate(rowHref(row));
  };
  const widths = columns.map((column) => column.width);
  const tracks = { gridTemplateColumns: (selection ? ["16px", ...widths] : widths).join(" ") };
  const named = (row: Row, cell: ReactNode) =>
    rowHref ? (
      <Link className="row-link" href={rowHref(row)}>
        {cell}
      </Link>
    ) : (
      cell
    );
  const cellsOf = (row: Row) => {
    if (narrow)
      return (
        <span role="cell" className="compact-cell">
          {named(row, props.compact?.(row))}
        </span>
      );
    return columns.map((column) => (
      <span key={column.id} role="cell" className={column.end ? "cell end" : "cell"}>
        {column === linked ? named(row, column.cell(row)) : column.cell(row)}
      </span>
    ));
  };
  return (
    <div className="grid" ref={scroller} tabIndex={rowHref ? -1 : 0}>
      <div role="table" aria-label={props.label} aria-rowcount={rows.length} style={{ minWidth: wide }}>
        <div role="rowgroup" className={narrow ? "sr-only" : "grid-head-group"}>
          <div className={narrow ? undefined : "grid-head"} role="row" style={narrow ? undefined : tracks}>
            {narrow ? (
              <span role="columnheader">{props.label}</span>
            ) : (
              <>
                {selection ? (
                  <span role="columnheader" className="select-cell">
                    <Select
                      checked={rows.length > 0 && selection.keys.size >= rows.length}
                      mixed={selection.keys.size > 0}
                      label={t("Select all rows that are loaded")}
                      onToggle={selection.all}
                    />
                  </span>
                ) : null}
                {columns.map((column) => (
                  <Head key={column.id} column={column} sort={props.sort} onSort={props.onSort} />
                ))}
              </>
            )}
          </div>
        </div>
        <div className="grid-body" role="rowgroup" style={{ height: virtual.getTotalSize() }}>
          {items.map((item) => {
            const row = rows[item.index];
            if (row === undefined) return null;
            const key = rowKey(row);
            const selected = selection?.keys.has(key) ?? false;
            const states = [
              narrow ? "grid-row-compact" : "",
              item.index === cursor ? "is-cursor" : "",
              props.picked === key || selected ? "is-picked" : "",
              props.rowClass?.(row) ?? "",
            ];
            return (
              <div
                key={key}
                role="row"
                aria-rowindex={item.index + 1}
                aria-selected={selection ? selected : undefined}
                className={`grid-row ${states.filter(Boolean).join(" ")}`}
                style={{ ...(narrow ? {} : tracks), height, transform: `translateY(${item.start}px)` }}
                onClick={(event) => click(event, row, item.index)}
                onAuxClick={(event) => click(event, row, item.index)}
              >
                {selection && !narrow ? (
                  <span role="cell" className="select-cell">
                    <Select
                      checked={selected}
                      label={selection.label(key)}
                      onToggle={(through) => selection.toggle(key, through)}
                    />
                  </span>
                ) : null}
                {cellsOf(row)}
              </div>
            );
          })}
        </div>
      </div>
      {props.footer}
    </div>
  );
}

/** Whether a click or key belongs to something within the row. */
function within(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest("a, button, input, label, summary") !== null;
}

interface SelectProps {
  checked: boolean;
  mixed?: boolean;
  label: string;
  onToggle: (through: boolean) => void;
}

function Select({ checked, mixed, label, onToggle }: SelectProps) {
  return (
    <input
      type="checkbox"
      aria-label={label}
      checked={checked}
      ref={(box) => {
        if (box) box.indeterminate = Boolean(mixed) && !checked;
      }}
      onChange={(event) => onToggle((event.nativeEvent as PointerEvent).shiftKey === true)}
    />
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
        title={column.title ?? t("Sort by {column}", { column: column.head })}
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
