// What can be done with the list: choose its columns, take it along, delete what matches.

import { withParams } from "../../api/client";
import type { Scope } from "../../api/queries";
import type { Column } from "../../components/Grid";
import { Icon } from "../../components/Icon";
import { Menu } from "../../components/Menu";
import { t } from "../../lib/i18n";
import { resolveRange } from "../../lib/time";
import { DEFAULT_COLUMNS, rememberColumns } from "../../state/columns";

/** The columns of these names, in this order; names that there are no longer are passed over. */
export function columnsOf<Row>(all: readonly Column<Row>[], names: readonly string[]): Column<Row>[] {
  return names.flatMap((name) => all.find((column) => column.id === name) ?? []);
}

interface ColumnsProps {
  all: readonly { id: string; head: string }[];
  shown: readonly string[];
  /** Chosen columns that the window has no space for. */
  dropped: readonly string[];
}

export function ColumnsMenu({ all, shown, dropped }: ColumnsProps) {
  const hidden = all.filter((column) => !shown.includes(column.id));
  const move = (id: string, by: number) => {
    const next = shown.filter((name) => name !== id);
    next.splice(shown.indexOf(id) + by, 0, id);
    rememberColumns(next);
  };
  const known = shown.flatMap((id) => all.find((column) => column.id === id) ?? []);
  return (
    <Menu
      align="end"
      title={t("Columns")}
      className="tool-button"
      label={
        <>
          <Icon name="columns" size={14} />
          <span>{t("Columns")}</span>
        </>
      }
    >
      {() => (
        <div className="columns-panel">
          <ul className="menu-list">
            {known.map((column, index) => (
              <li key={column.id} className="column-line">
                <label>
                  <input
                    type="checkbox"
                    checked
                    disabled={known.length === 1}
                    onChange={() => rememberColumns(shown.filter((name) => name !== column.id))}
                  />
                  <span>{column.head}</span>
                  {dropped.includes(column.id) ? (
                    <span className="column-dropped">{t("hidden, too narrow")}</span>
                  ) : null}
                </label>
                <button
                  type="button"
                  className="icon-button"
                  disabled={index === 0}
                  aria-label={t("Move {column} to the front", { column: column.head })}
                  onClick={() => move(column.id, -1)}
                >
                  <Icon name="up" size={12} />
                </button>
                <button
                  type="button"
                  className="icon-button"
                  disabled={index === known.length - 1}
                  aria-label={t("Move {column} to the back", { column: column.head })}
                  onClick={() => move(column.id, 1)}
                >
                  <Icon name="down" size={12} />
                </button>
              </li>
            ))}
            {hidden.map((column) => (
              <li key={column.id} className="column-line is-hidden">
                <label>
                  <input
                    type="checkbox"
                    checked={false}
                    onChange={() => rememberColumns([...shown, column.id])}
                  />
                  <span>{column.head}</span>
                </label>
              </li>
            ))}
          </ul>
          <button
            type="button"
            className="menu-item columns-reset"
            disabled={shown.join() === DEFAULT_COLUMNS.join()}
            onClick={() => rememberColumns([])}
          >
            {t("Reset columns")}
          </button>
        </div>
      )}
    </Menu>
  );
}

export function ExportMenu({ scope }: { scope: Scope }) {
  const address = (format: string) =>
    withParams("/api/v1/export/traces", { format, ...resolveRange(scope.range), ...scope.filters });
  return (
    <Menu
      align="end"
      title={t("Export")}
      className="tool-button"
      label={
        <>
          <Icon name="export" size={14} />
          <span>{t("Export")}</span>
        </>
      }
    >
      {(close) => (
        <div className="export-panel">
          <p className="menu-note">{t("All traces that match, not only those on the screen.")}</p>
          <ul>
            {(["csv", "jsonl"] as const).map((format) => (
              <li key={format}>
                <a className="menu-item" href={address(format)} download={`traces.${format}`} onClick={close}>
                  <span className="menu-label">{format === "csv" ? "CSV" : "JSONL"}</span>
                  <span className="menu-hint">
                    {format === "csv" ? t("a table for spreadsheets") : t("one JSON object per line")}
                  </span>
                </a>
              </li>
            ))}
          </ul>
        </div>
      )}
    </Menu>
  );
}
