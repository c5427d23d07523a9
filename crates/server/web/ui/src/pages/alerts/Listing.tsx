// A list of the pages of alerts: its table, or the loading, failed or empty state.
import type { ReactElement, ReactNode } from "react";
import { Loading, Trouble } from "../../components/States";
import { t } from "../../lib/i18n";

export interface Column {
  name: string;
  /** Figures stand at the right. */
  figure?: boolean;
  /** Hidden where the screen is narrow. */
  wide?: boolean;
}

export interface Asked {
  isError: boolean;
  isPending: boolean;
  error: Error | null;
  refetch: () => unknown;
}

interface Props {
  label: string;
  asked: Asked;
  columns: readonly Column[];
  action?: boolean;
  empty: ReactNode;
  children: readonly ReactElement[];
}

export const cellClass = ({ figure, wide }: Column): string | undefined =>
  [figure ? "figure" : "", wide ? "wide-only" : ""].filter(Boolean).join(" ") || undefined;

export function Listing({ label, asked, columns, action, empty, children }: Props) {
  if (asked.isPending) return <Loading what={t("Loading …")} />;
  const trouble = asked.isError ? <Trouble error={asked.error} retry={() => void asked.refetch()} /> : null;
  if (children.length === 0) return trouble ?? <>{empty}</>;
  return (
    <>
      {trouble}
      <div className="alert-table">
        <table className="slip rows" aria-label={label}>
          <thead>
            <tr>
              {columns.map((column) => (
                <th scope="col" key={column.name} className={cellClass(column)}>
                  {column.name}
                </th>
              ))}
              {action ? (
                <th scope="col">
                  <span className="sr-only">{t("Action")}</span>
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      </div>
    </>
  );
}
