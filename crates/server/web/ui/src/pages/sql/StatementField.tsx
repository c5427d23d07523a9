// A statement within a form: typed, or taken from the saved queries.
import "../../styles/forms.css";
import "./sql.css";
import { useId } from "react";
import { useViews } from "../../api/views";
import { t } from "../../lib/i18n";

interface Props {
  value: string;
  error: string | undefined;
  hint: string;
  onChange: (statement: string) => void;
}

export function StatementField({ value, error, hint, onChange }: Props) {
  const id = useId();
  const views = useViews();
  const saved = (views.data ?? []).filter((view) => view.statement !== undefined);
  return (
    <div className={error ? "form-field is-wrong" : "form-field"}>
      <label className="form-label" htmlFor={id}>
        {t("Statement")}
      </label>
      <textarea
        id={id}
        className="sql-text mono"
        rows={Math.min(14, Math.max(6, value.split("\n").length + 1))}
        spellCheck={false}
        value={value}
        aria-invalid={error ? true : undefined}
        aria-describedby={`${id}-note`}
        onChange={(event) => onChange(event.target.value)}
      />
      {saved.length > 0 ? (
        <span className="form-box">
          <select
            aria-label={t("Take a saved query")}
            value=""
            onChange={(event) => {
              const found = saved.find((view) => view.id === event.target.value);
              if (found?.statement) onChange(found.statement);
            }}
          >
            <option value="">{t("Take a saved query")}</option>
            {saved.map((view) => (
              <option key={view.id} value={view.id}>
                {view.title}
              </option>
            ))}
          </select>
        </span>
      ) : null}
      <span id={`${id}-note`} className={error ? "form-error" : "form-hint"}>
        {error ?? hint}
      </span>
    </div>
  );
}
