// Drop-downs above the panels; their values are those that traces of the range have. Choices are in the URL as var-NAME.
import type { DashboardVariable } from "../../api/dashboards";
import { type Scope, useFacet } from "../../api/queries";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { setParams } from "../../state/url";
import { ALL } from "./model";

interface Props {
  variables: readonly DashboardVariable[];
  chosen: Record<string, string>;
  scope: Scope;
}

export function Variables({ variables, chosen, scope }: Props) {
  if (variables.length === 0) return null;
  return (
    <div className="variables">
      {variables.map((variable) => (
        <Choice key={variable.name} variable={variable} value={chosen[variable.name] ?? ""} scope={scope} />
      ))}
    </div>
  );
}

function Choice({ variable, value, scope }: { variable: DashboardVariable; value: string; scope: Scope }) {
  const facet = useFacet(variable.field, scope.range, scope.filters.filter ?? "");
  const values = facet.data ?? [];
  // What is chosen stays to be chosen, also where this range does not have it.
  const listed = values.some((entry) => entry.value === value) || value === "";
  return (
    <label className="variable">
      <span>{variable.label || variable.name}</span>
      <select
        value={value}
        onChange={(event) =>
          setParams(
            { [`var-${variable.name}`]: event.target.value || (variable.default ? ALL : null) },
            { replace: true },
          )
        }
      >
        <option value="">{t("all")}</option>
        {listed ? null : <option value={value}>{value}</option>}
        {values.map((entry) => (
          <option key={entry.value} value={entry.value}>
            {`${entry.value} (${count(entry.traces)})`}
          </option>
        ))}
      </select>
    </label>
  );
}
