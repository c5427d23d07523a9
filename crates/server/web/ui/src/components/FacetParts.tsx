// Parts of the panels of facets: a field that folds, and a value with its count.
import type { ReactNode } from "react";
import { compact } from "../lib/format";
import { t } from "../lib/i18n";
import { Icon } from "./Icon";

interface SectionProps {
  name: string;
  /** Number of its values that the filter names. */
  named: number;
  isOpen: boolean;
  onFold: () => void;
  children: ReactNode;
}

export function FacetSection({ name, named, isOpen, onFold, children }: SectionProps) {
  return (
    <section className="facet">
      <h2>
        <button type="button" className="facet-head" aria-expanded={isOpen} onClick={onFold}>
          <Icon name={isOpen ? "down" : "right"} size={12} />
          <span>{name}</span>
          {named > 0 ? <span className="facet-mark">{named}</span> : null}
        </button>
      </h2>
      {isOpen ? children : null}
    </section>
  );
}

interface PickProps {
  name: string;
  title: string;
  count: number;
  /** Share of the largest count. */
  share: number;
  state: "wanted" | "refused" | "";
  onPick: () => void;
}

export function FacetPick({ name, title, count, share, state, onPick }: PickProps) {
  return (
    <button
      type="button"
      className="facet-pick"
      aria-pressed={state === "wanted"}
      title={title}
      onClick={onPick}
    >
      <i className="facet-bar" aria-hidden="true" style={{ width: `${Math.max(2, share * 100)}%` }} />
      <i className="facet-box" aria-hidden="true">
        {state === "wanted" ? (
          <Icon name="check" size={10} />
        ) : state === "refused" ? (
          <Icon name="minus" size={10} />
        ) : null}
      </i>
      <span className="facet-name">{name}</span>
      <span className="figure">{compact(count)}</span>
    </button>
  );
}

interface MoreProps {
  hidden: number;
  all: boolean;
  onToggle: () => void;
}

export function FacetMore({ hidden, all, onToggle }: MoreProps) {
  return (
    <li>
      <button type="button" className="facet-more" onClick={onToggle}>
        {all ? t("fewer") : t("{n} more", { n: hidden })}
      </button>
    </li>
  );
}

interface PanelProps {
  /** Label of the button that closes the panel where it covers the list. */
  done: string;
  close: () => void;
  children: ReactNode;
}

/** The panel at the left of a list; it covers the list on narrow screens. */
export function FacetsPanel({ done, close, children }: PanelProps) {
  return (
    <>
      <div className="facets-shade" onPointerDown={close} />
      <aside className="facets-panel" aria-label={t("Facets")}>
        <div className="facets-head">
          <h2>{t("Facets")}</h2>
          <button type="button" className="button" onClick={close}>
            {done}
          </button>
        </div>
        {children}
      </aside>
    </>
  );
}

/** Opens and closes the panel. */
export function FacetsButton({ isOpen, onToggle }: { isOpen: boolean; onToggle: () => void }) {
  return (
    <button
      type="button"
      className="tool-button"
      aria-pressed={isOpen}
      title={t("Filters")}
      onClick={onToggle}
    >
      <Icon name="facets" size={14} />
      <span>{t("Facets")}</span>
    </button>
  );
}
