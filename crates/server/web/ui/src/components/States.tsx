// Waiting, failing and empty: the three states that every page must draw as carefully as its data.
import type { ReactNode } from "react";
import { filterTrouble, Problem } from "../api/client";
import { t } from "../lib/i18n";
import { setFilter } from "../state/filters";
import { Icon } from "./Icon";
import { Mark } from "./Mark";

export function Loading({ what }: { what: string }) {
  return (
    <div className="state" role="status">
      <Mark size={40} tying />
      <p className="muted">{what}</p>
    </div>
  );
}

/** Grey bars where the rows will be. */
export function SkeletonRows({ rows, height = 28 }: { rows: number; height?: number }) {
  return (
    <div aria-hidden="true" className="skeleton-rows">
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton-row" style={{ height }}>
          <i style={{ width: 88 }} />
          <i style={{ width: `${16 + ((index * 7) % 11)}%` }} />
          <i className="push" style={{ width: 48 }} />
          <i style={{ width: 36 }} />
          <i style={{ width: 60 }} />
        </div>
      ))}
    </div>
  );
}

export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  if (problem && problem.position !== null) return <UnreadFilter problem={problem} />;
  const title = problem?.title ?? t("Something went wrong in this page");
  const detail = problem?.detail ?? (error instanceof Error ? error.message : "");
  return (
    <div className="state" role="alert">
      <h2 className="failure-title">{title}</h2>
      {detail ? <p className="state-text">{detail}</p> : null}
      {problem ? (
        <p className="faint mono">
          {problem.status > 0 ? `${problem.status} · ` : ""}GET {problem.route}
        </p>
      ) : null}
      {retry ? (
        <button type="button" className="button" onClick={retry}>
          <Icon name="retry" size={14} />
          <span>{t("Try again")}</span>
        </button>
      ) : null}
    </div>
  );
}

/** The filter is not one. The bar above underlines where; here stands what was expected. */
function UnreadFilter({ problem }: { problem: Problem }) {
  return (
    <div className="state" role="alert">
      <h2 className="failure-title">{t("The filter cannot be read")}</h2>
      <p className="state-text">{filterTrouble(problem)}</p>
      <div className="state-actions">
        <button type="button" className="button" onClick={() => setFilter("")}>
          {t("Clear the filter")}
        </button>
      </div>
    </div>
  );
}

/** One part of a page that could not be read, in its place; the rest of the page stays. */
export function Trouble({ error, retry }: { error: unknown; retry?: () => void }) {
  const problem = error instanceof Problem ? error : null;
  return (
    <p className="trouble" role="alert">
      <strong>{problem?.title ?? t("This could not be loaded")}</strong>
      {problem?.detail ? <span className="muted"> {problem.detail}</span> : null}
      {retry ? (
        <>
          {" "}
          <button type="button" className="quiet-button" onClick={retry}>
            {t("Try again")}
          </button>
        </>
      ) : null}
    </p>
  );
}

/** Data is stored, but not within the chosen range and filters. */
export function NothingMatches({ children, what }: { children?: ReactNode; what: string }) {
  return (
    <div className="state">
      <h2>{t("No {what} match", { what })}</h2>
      <p className="state-text">{t("No results for this range and filter")}</p>
      <div className="state-actions">{children}</div>
    </div>
  );
}
