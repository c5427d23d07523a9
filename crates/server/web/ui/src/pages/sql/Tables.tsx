// The tables of SQL with their columns.
import type { SqlSchema } from "../../api/sql";
import { t } from "../../lib/i18n";

export function Tables({ schema }: { schema: SqlSchema }) {
  return (
    <section aria-label={t("Tables")}>
      <h2>{t("Tables")}</h2>
      {schema.tables.map((table) => (
        <details key={table.name}>
          <summary>
            <span className="mono">{table.name}</span> <span className="muted">{table.about}</span>
          </summary>
          <dl className="sql-columns">
            {table.columns.map((column) => (
              <div key={column.name}>
                <dt className="mono">{column.name}</dt>
                <dd>
                  <span className="faint">{column.type}</span> {column.about}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      ))}
    </section>
  );
}
