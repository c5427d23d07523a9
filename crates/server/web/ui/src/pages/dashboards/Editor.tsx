// What one panel shows, beside the dashboard: every change is drawn at once. What the server refuses stands at its field.
import { useState } from "react";
import { FROM, useAsk } from "../../api/ask";
import { Problem } from "../../api/client";
import {
  type DashboardPanel,
  type DashboardVariable,
  PANEL_TYPES,
  type PanelFrom,
  type PanelType,
} from "../../api/dashboards";
import type { Scope } from "../../api/queries";
import { addsUp, isMeasure, unitOf } from "../../charts";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { StatementField } from "../sql/StatementField";
import { Check, Select } from "./Fields";
import { MetricName } from "./MetricName";
import {
  AGGREGATES,
  aims,
  askOf,
  fitted,
  fromName,
  GROUPS,
  grouped,
  measureName,
  measuresOf,
  overTime,
  SQL_TYPES,
  STEPS,
  typeName,
  unknownVariables,
} from "./model";
import { PanelBody } from "./PanelBody";

interface Props {
  panel: DashboardPanel;
  variables: readonly DashboardVariable[];
  chosen: Record<string, string>;
  scope: Scope;
  /** What the server had against this panel when it was saved, by field. */
  refused: Partial<Record<string, string>>;
  change: (panel: DashboardPanel) => void;
  move: (by: Partial<Record<"x" | "y" | "w" | "h", number>>) => void;
  close: () => void;
}

const NAMES = ["filter", "group_by", "measure", "step", "top", "name", "agg", "from"];

function useErrors({ panel, variables, chosen, scope, refused }: Props): Partial<Record<string, string>> {
  const query = useAsk(askOf(panel, chosen), scope, false, { enabled: panel.from !== "sql" });
  const { of, rest } = fieldErrors(query.error, NAMES);
  const unknown = unknownVariables(panel.filter, variables);
  const about =
    rest instanceof Problem && rest.position !== null ? { filter: rest.detail || rest.title } : {};
  const missing =
    unknown.length > 0 ? { filter: t("Unknown variable {name}", { name: `$${unknown[0] ?? ""}` }) } : {};
  return { ...refused, ...of, ...about, ...missing };
}

const stepName = (step: string) =>
  step === "auto" ? t("auto") : step === "none" ? t("none: one bar a group") : step;

export function Editor(props: Props) {
  const { panel, scope, chosen, change, move, close } = props;
  const errors = useErrors(props);
  const set = (patch: Partial<DashboardPanel>) => change(fitted({ ...panel, ...patch }));
  const groups = GROUPS[panel.from];
  const [first = "", second = ""] = panel.group_by;
  const none = { id: "", label: t("nothing") };
  const words = (without: string) =>
    groups.filter((word) => word !== without).map((word) => ({ id: word, label: word }));
  const steps = [...(panel.type === "bar" || panel.type === "stat" ? ["none"] : []), ...STEPS];
  return (
    <aside className="side" aria-label={t("Panel")}>
      <header className="side-head">
        <h2>{t("Panel")}</h2>
        <button type="button" className="icon-button" aria-label={t("Close")} onClick={close}>
          <Icon name="close" size={14} />
        </button>
      </header>
      <div className="side-body">
        <div className="side-preview" aria-label={t("Preview")} role="group">
          <PanelBody panel={panel} scope={scope} variables={chosen} refetch={false} />
        </div>
        <Field
          label={t("Title")}
          value={panel.title}
          error={errors.title}
          onChange={(title) => change({ ...panel, title })}
        />
        <fieldset className="types">
          <legend className="form-label">{t("Shown as")}</legend>
          {(panel.from === "sql" ? SQL_TYPES : PANEL_TYPES).map((type: PanelType) => (
            <button
              key={type}
              type="button"
              className={type === panel.type ? "segment is-chosen" : "segment"}
              aria-pressed={type === panel.type}
              onClick={() => set({ type })}
            >
              {typeName(type)}
            </button>
          ))}
        </fieldset>
        <div className="form-two">
          <Select
            label={t("Source")}
            value={panel.from}
            options={[...FROM, "sql" as const].map((from: PanelFrom) => ({
              id: from,
              label: fromName(from),
            }))}
            error={errors.from}
            onChange={(from) => set({ from })}
          />
          {panel.from === "sql" ? null : (
            <Select
              label={t("Measure")}
              value={panel.measure}
              options={measuresOf(panel.from, panel.type).map((id) => ({ id, label: measureName(id) }))}
              error={errors.measure}
              onChange={(measure) => set({ measure })}
            />
          )}
        </div>
        {panel.from === "metric" ? (
          <div className="form-two">
            <MetricName value={panel.name ?? ""} error={errors.name} onChange={(name) => set({ name })} />
            <Select
              label={t("Aggregation")}
              value={panel.agg ?? "avg"}
              options={AGGREGATES.map((id) => ({ id: id as string, label: id }))}
              error={errors.agg}
              onChange={(agg) => set({ agg })}
            />
          </div>
        ) : null}
        {panel.from === "sql" ? (
          <StatementField
            value={panel.sql ?? ""}
            error={errors.sql}
            hint={t(":since and :until are the time range of the dashboard.")}
            onChange={(sql) => change({ ...panel, sql })}
          />
        ) : (
          <Field
            label={t("Filter")}
            value={panel.filter}
            placeholder="model:gpt-* -status:error cost>0.05"
            hint={t("Terms of the filter; a variable is written as $name")}
            error={errors.filter}
            onChange={(filter) => change({ ...panel, filter })}
          />
        )}
        {grouped(panel) && panel.from !== "sql" ? (
          <div className="form-two">
            <Select
              label={t("Group by")}
              value={first}
              options={[none, ...words("")]}
              error={errors.group_by}
              onChange={(word) =>
                set({ group_by: word ? [word, ...(second && second !== word ? [second] : [])] : [] })
              }
            />
            <Select
              label={t("Then by")}
              value={second}
              options={[none, ...words(first)]}
              onChange={(word) => set({ group_by: [first, word].filter(Boolean) })}
            />
          </div>
        ) : null}
        <div className="form-two">
          {panel.from !== "sql" && (overTime(panel.type) || panel.type === "stat") ? (
            <Select
              label={t("Interval")}
              value={panel.step}
              options={steps.map((id) => ({ id, label: stepName(id) }))}
              error={errors.step}
              onChange={(step) => set({ step })}
            />
          ) : null}
          {panel.group_by.length > 0 ? (
            <Field
              label={t("Largest")}
              inputMode="numeric"
              value={panel.top === undefined ? "" : String(panel.top)}
              placeholder="10"
              error={errors.top}
              suffix={t("groups")}
              onChange={(text) => {
                const top = Number.parseInt(text, 10);
                const { top: _, ...rest } = panel;
                change(Number.isFinite(top) && top > 0 ? { ...rest, top } : rest);
              }}
            />
          ) : null}
        </div>
        {aims(panel.type) && isMeasure(panel.measure) ? (
          <Target key={`${panel.id} ${panel.measure}`} panel={panel} error={errors.target} change={change} />
        ) : null}
        {(panel.type === "area" || panel.type === "bar") &&
        isMeasure(panel.measure) &&
        addsUp(panel.measure) ? (
          <Check
            label={t("Stacked")}
            checked={Boolean(panel.stacked)}
            onChange={(stacked) => set({ stacked })}
          />
        ) : null}
        <fieldset className="moves">
          <legend className="form-label">{t("Place and size")}</legend>
          <MoveButtons panel={panel} move={move} />
        </fieldset>
      </div>
    </aside>
  );
}

interface TargetProps {
  panel: DashboardPanel;
  error: string | undefined;
  change: (panel: DashboardPanel) => void;
}

/** A target, typed as the panel writes it: shares in percent, times in milliseconds. */
function Target({ panel, error, change }: TargetProps) {
  const unit = isMeasure(panel.measure) ? unitOf(panel.measure) : "number";
  const scale = unit === "percent" ? 100 : 1;
  const suffix = { percent: "%", ms: "ms", usd: "USD" }[unit as string];
  const { target: known } = panel;
  const [typed, setTyped] = useState(
    known === undefined ? "" : String(Number((known * scale).toPrecision(12))),
  );
  return (
    <Field
      label={t("Target")}
      inputMode="decimal"
      value={typed}
      hint={t("Optional")}
      error={error}
      {...(suffix ? { suffix } : {})}
      onChange={(text) => {
        setTyped(text);
        const target = Number.parseFloat(text.replace(",", "."));
        const { target: _, ...rest } = panel;
        change(Number.isFinite(target) && target >= 0 ? { ...rest, target: target / scale } : rest);
      }}
    />
  );
}

function MoveButtons({ panel, move }: Pick<Props, "panel" | "move">) {
  const buttons = [
    { label: t("left"), by: { x: -1 } },
    { label: t("right"), by: { x: 1 } },
    { label: t("up"), by: { y: -1 } },
    { label: t("down"), by: { y: 1 } },
    { label: t("wider"), by: { w: 1 } },
    { label: t("narrower"), by: { w: -1 } },
    { label: t("taller"), by: { h: 1 } },
    { label: t("shorter"), by: { h: -1 } },
  ];
  return (
    <>
      {buttons.map((button) => (
        <button key={button.label} type="button" className="segment" onClick={() => move(button.by)}>
          {button.label}
        </button>
      ))}
      <span className="faint" role="status">
        {t("column {x}, row {y}, {w} wide, {h} high", {
          x: panel.x + 1,
          y: panel.y + 1,
          w: panel.w,
          h: panel.h,
        })}
      </span>
    </>
  );
}
