// Whose spending a budget is about.

import { useFacet } from "../../api/queries";
import { Icon } from "../../components/Icon";
import { t } from "../../lib/i18n";
import { FACETS } from "../../lib/query";
import { fieldName } from "../../lib/words";
import { kindOfScope, SCOPE_FIELDS, type ScopeRow, scopeOfKind } from "./draft";
import { Choice, type PartProps } from "./parts";

const ALL_TIME = { preset: "all", since: null, until: null };

export function ScopeRows({ draft, errors, set }: PartProps) {
  const free = SCOPE_FIELDS.filter((field) => !draft.scope.some((row) => row.field === field));
  const change = (index: number, row: ScopeRow) =>
    set({ scope: draft.scope.map((old, at) => (at === index ? row : old)) });
  const kind = kindOfScope(draft.scope);
  const next = free.includes("user") ? "user" : free[0];
  return (
    <Choice label={t("For")} error={errors.scope}>
      <select
        className="scope-kind"
        aria-label={t("One limit for")}
        value={kind}
        onChange={(event) => set({ scope: scopeOfKind(event.target.value) })}
      >
        <option value="all">{t("All spending")}</option>
        {SCOPE_FIELDS.map((field) => (
          <option key={field} value={`each ${field}`}>
            {t("Each {field}", { field: fieldName(field) })}
          </option>
        ))}
        <option value="some">{t("Selected spending …")}</option>
      </select>
      {(kind === "some" ? draft.scope : []).map((row, index) => (
        <ScopeLine
          key={row.field}
          row={row}
          free={free}
          error={errors[`scope.${row.field}`]}
          change={(changed) => change(index, changed)}
          drop={() => set({ scope: draft.scope.filter((_, at) => at !== index) })}
        />
      ))}
      {next && kind !== "all" ? (
        <button
          type="button"
          className="quiet-button form-add"
          onClick={() => set({ scope: [...draft.scope, { field: next, value: "" }] })}
        >
          {t("Add condition")}
        </button>
      ) : null}
      {kind === "some" ? (
        <span className="form-hint">{t("* = one limit for each; gpt-4* = prefix")}</span>
      ) : null}
    </Choice>
  );
}

interface ScopeLineProps {
  row: ScopeRow;
  free: readonly ScopeRow["field"][];
  error: string | undefined;
  change: (row: ScopeRow) => void;
  drop: () => void;
}

function ScopeLine({ row, free, error, change, drop }: ScopeLineProps) {
  const facet = useFacet(FACETS.includes(row.field) ? row.field : null, ALL_TIME);
  const list = `scope-${row.field}`;
  return (
    <div className={error ? "scope-line is-wrong" : "scope-line"}>
      <select
        aria-label={t("Subject")}
        value={row.field}
        onChange={(event) => {
          const field = SCOPE_FIELDS.find((name) => name === event.target.value);
          if (field) change({ field, value: "" });
        }}
      >
        {[row.field, ...free].map((field) => (
          <option key={field} value={field}>
            {fieldName(field)}
          </option>
        ))}
      </select>
      <input
        aria-label={t("Which {field}", { field: fieldName(row.field) })}
        aria-invalid={error ? true : undefined}
        value={row.value}
        placeholder={t("a name, prefix* or *")}
        list={list}
        autoComplete="off"
        spellCheck={false}
        onChange={(event) => change({ ...row, value: event.target.value })}
      />
      <datalist id={list}>
        <option value="*" />
        {(facet.data ?? []).slice(0, 50).map((entry) => (
          <option key={entry.value} value={entry.value} />
        ))}
      </datalist>
      <button
        type="button"
        className="icon-button"
        aria-label={t("Not by {field}", { field: fieldName(row.field) })}
        title={t("Remove")}
        onClick={drop}
      >
        <Icon name="close" size={12} />
      </button>
      {error ? <span className="form-error">{error}</span> : null}
    </div>
  );
}
