// One panel with its head. While the dashboard is edited the head is the handle: dragged with the pointer, or moved and sized
// with the arrow keys.
import type { KeyboardEvent } from "react";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { t } from "../../lib/i18n";
import { tracesBehind } from "./behind";
import { PanelBody, type PanelProps } from "./PanelBody";

export interface Editing {
  chosen: boolean;
  edit: () => void;
  duplicate: () => void;
  remove: () => void;
  move: (by: Partial<Record<"x" | "y" | "w" | "h", number>>) => void;
}

const ARROWS: Record<string, readonly [("x" | "y")?, number?]> = {
  ArrowLeft: ["x", -1],
  ArrowRight: ["x", 1],
  ArrowUp: ["y", -1],
  ArrowDown: ["y", 1],
};

export function PanelCard({ editing, ...props }: PanelProps & { editing?: Editing | undefined }) {
  const { panel, scope, variables } = props;
  const onKey = (event: KeyboardEvent) => {
    const [axis, by] = ARROWS[event.key] ?? [];
    if (!editing || !axis || !by) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.shiftKey) editing.move(axis === "x" ? { w: by } : { h: by });
    else editing.move({ [axis]: by });
  };
  return (
    <section className={editing?.chosen ? "panel is-chosen" : "panel"} aria-label={panel.title}>
      <header>
        {editing ? (
          <button
            type="button"
            className="panel-handle"
            title={t("Drag or use arrow keys to move; hold Shift to resize")}
            aria-label={t("Move {title}: arrow keys move it, Shift and arrow keys resize it", {
              title: panel.title,
            })}
            onKeyDown={onKey}
          >
            <i aria-hidden="true" />
          </button>
        ) : null}
        <h2>
          {editing ? (
            panel.title
          ) : (
            <Link
              href={tracesBehind(panel, variables, scope.filters.filter)}
              title={
                panel.from === "sql" ? t("The statement of this panel") : t("The traces behind this panel")
              }
            >
              {panel.title}
            </Link>
          )}
        </h2>
        {editing ? (
          <span className="panel-tools">
            <button
              type="button"
              className="quiet-button"
              aria-pressed={editing.chosen}
              onClick={editing.edit}
            >
              {t("Edit")}
            </button>
            <button
              type="button"
              className="icon-button"
              title={t("Duplicate")}
              aria-label={t("Duplicate {title}", { title: panel.title })}
              onClick={editing.duplicate}
            >
              <Icon name="copy" size={14} />
            </button>
            <button
              type="button"
              className="icon-button"
              title={t("Remove")}
              aria-label={t("Remove {title}", { title: panel.title })}
              onClick={editing.remove}
            >
              <Icon name="close" size={14} />
            </button>
          </span>
        ) : null}
      </header>
      <PanelBody {...props} />
    </section>
  );
}
