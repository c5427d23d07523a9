// What holds for the whole dashboard: its name, the range that it opens with, its variables.
import type { DashboardBody, DashboardVariable } from "../../api/dashboards";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { t } from "../../lib/i18n";
import { FACETS } from "../../lib/query";
import { presetLabel } from "../../lib/time";
import { Select } from "./Fields";
import { RANGES } from "./model";

interface Props {
  body: DashboardBody;
  refused: Partial<Record<string, string>>;
  change: (body: DashboardBody) => void;
  close: () => void;
}

const NAME = /^[a-z][a-z0-9_]{0,31}$/;

export function Settings({ body, refused, change, close }: Props) {
  const set = (patch: Partial<DashboardBody>) => change({ ...body, ...patch });
  const variable = (index: number, patch: Partial<DashboardVariable>) =>
    set({ variables: body.variables.map((one, at) => (at === index ? { ...one, ...patch } : one)) });
  const free = FACETS.find((field) => !body.variables.some((one) => one.field === field)) ?? "model";
  return (
    <aside className="side" aria-label={t("Settings")}>
      <header className="side-head">
        <h2>{t("Settings")}</h2>
        <button type="button" className="icon-button" aria-label={t("Close")} onClick={close}>
          <Icon name="close" size={14} />
        </button>
      </header>
      <div className="side-body">
        <Field
          label={t("Title")}
          value={body.title}
          error={refused.title}
          onChange={(title) => set({ title })}
        />
        <Field
          label={t("Description")}
          value={body.description}
          error={refused.description}
          onChange={(description) => set({ description })}
        />
        <Select
          label={t("Opens with")}
          value={body.range ?? ""}
          options={[
            { id: "", label: t("the range of the page before") },
            ...RANGES.map((id) => ({ id: id as string, label: presetLabel(id) })),
          ]}
          error={refused.range}
          onChange={(range) => set({ range: range || null })}
        />
        <h3 className="side-part">{t("Variables")}</h3>
        <p className="form-hint">
          {t(
            "A variable is a drop-down above the panels. In a panel's filter its choice is written as $name.",
          )}
        </p>
        {refused.variables ? <p className="form-error">{refused.variables}</p> : null}
        {body.variables.map((one, index) => (
          <div key={index} className="variable-row">
            <Field
              label={t("Name")}
              value={one.name}
              error={
                NAME.test(one.name) ? undefined : t("Starts with a lowercase letter, then a-z, 0-9 or _")
              }
              onChange={(name) => variable(index, { name })}
            />
            <Field label={t("Label")} value={one.label} onChange={(label) => variable(index, { label })} />
            <Select
              label={t("Values of")}
              value={one.field}
              options={FACETS.map((id) => ({ id, label: id }))}
              onChange={(field) => variable(index, { field })}
            />
            <button
              type="button"
              className="icon-button"
              aria-label={t("Remove the variable {name}", { name: one.name })}
              title={t("Remove variable")}
              onClick={() => set({ variables: body.variables.filter((_, at) => at !== index) })}
            >
              <Icon name="close" size={14} />
            </button>
          </div>
        ))}
        <button
          type="button"
          className="quiet-button form-add"
          onClick={() =>
            set({ variables: [...body.variables, { name: free, label: free, field: free, default: null }] })
          }
        >
          {t("Add a variable")}
        </button>
      </div>
    </aside>
  );
}
