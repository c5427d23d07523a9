// The parts of the form of a rule: its preset, its figure, its limits and its channels.
import { useState } from "react";
import { type AlertChannel, type AlertPreset, SEVERITIES } from "../../api/alerts";
import { Field } from "../../components/Field";
import { Segments } from "../../components/Segments";
import { t } from "../../lib/i18n";
import { Choice } from "../budgets/parts";
import { StatementField } from "../sql/StatementField";
import { groupChoices, LATENCIES, QUANTILES, type RuleDraft, type RuleErrors, WINDOWS } from "./draft";
import {
  hasFilter,
  hasGroups,
  hasWindow,
  isSubjectKind,
  KINDS,
  kindNames,
  SUBJECTS,
  subjectNames,
} from "./kinds";
import { severityNames } from "./parts";

interface PartProps {
  draft: RuleDraft;
  errors: RuleErrors;
  set: (patch: Partial<RuleDraft>) => void;
}

export function Begin({
  presets,
  pick,
}: {
  presets: readonly AlertPreset[];
  pick: (preset: AlertPreset) => void;
}) {
  const [name, setName] = useState("");
  const chosen = presets.find((preset) => preset.name === name);
  const choose = (wanted: string) => {
    setName(wanted);
    const preset = presets.find((one) => one.name === wanted);
    if (preset) pick(preset);
  };
  return (
    <label className="form-field">
      <span className="form-label">{t("Start with")}</span>
      <span className="form-box">
        <select value={name} onChange={(event) => choose(event.target.value)}>
          <option value="">{t("an empty rule")}</option>
          {presets.map((preset) => (
            <option key={preset.name} value={preset.name}>
              {preset.name}
            </option>
          ))}
        </select>
      </span>
      {chosen ? <span className="form-hint">{chosen.summary}</span> : null}
    </label>
  );
}

export function Watched({ draft, errors, set }: PartProps) {
  const known = KINDS.some((kind) => kind === draft.kind);
  const quantiles = draft.kind === "latency" ? LATENCIES : QUANTILES;
  const subject = isSubjectKind(draft.kind) ? subjectNames()[draft.kind] : null;
  return (
    <>
      <label className={errors.kind ? "form-field is-wrong" : "form-field"}>
        <span className="form-label">{t("Figure")}</span>
        <span className="form-box">
          <select value={draft.kind} onChange={(event) => set({ kind: event.target.value, subject: "" })}>
            {known ? null : <option value={draft.kind}>{draft.kind}</option>}
            {KINDS.map((kind) => (
              <option key={kind} value={kind}>
                {kindNames()[kind]}
              </option>
            ))}
          </select>
        </span>
        {errors.kind ? <span className="form-error">{errors.kind}</span> : null}
      </label>
      {draft.kind === "latency" || draft.kind === "ttft" ? (
        <Choice label={t("Quantile")} error={errors.quantile}>
          <Segments
            label={t("Quantile")}
            options={quantiles.map((id) => ({ id, label: id === "avg" ? t("mean") : id }))}
            value={quantiles.find((one) => one === draft.quantile) ?? "p95"}
            onPick={(quantile) => set({ quantile })}
          />
        </Choice>
      ) : null}
      {subject && isSubjectKind(draft.kind) ? (
        <Field
          label={subject.label}
          value={draft.subject}
          error={errors[SUBJECTS[draft.kind]]}
          placeholder={subject.example}
          onChange={(value) => set({ subject: value })}
        />
      ) : null}
      {draft.kind === "sql" ? (
        <StatementField
          value={draft.sql}
          error={errors.sql}
          hint={t(
            "The last column is the figure; up to two columns before it name the groups. :since and :until are the window.",
          )}
          onChange={(sql) => set({ sql })}
        />
      ) : null}
      {hasFilter(draft.kind) ? (
        <Field
          label={t("Filter")}
          value={draft.filter}
          error={errors.filter}
          placeholder="service:shop"
          hint={t("Empty for all records")}
          onChange={(filter) => set({ filter })}
        />
      ) : null}
      {hasGroups(draft.kind) ? (
        <Field
          label={t("For each")}
          value={draft.groups}
          error={errors.group_by}
          placeholder="model, user"
          list={groupChoices}
          hint={t("At most two keys; each value has its own state")}
          onChange={(groups) => set({ groups })}
        />
      ) : null}
    </>
  );
}

function unitHint(kind: string): string {
  switch (kind) {
    case "error_rate":
    case "tool_failures":
    case "budget":
    case "coverage":
      return "%";
    case "latency":
    case "ttft":
      return "s";
    case "cost":
      return "USD";
    case "cost_rate":
      return "USD/h";
    default:
      return "";
  }
}

export function When({ draft, errors, set }: PartProps) {
  return (
    <>
      <div className="rule-limit">
        <Choice label={t("Fires")}>
          <Segments
            label={t("Side")}
            options={[
              { id: "above", label: t("above") },
              { id: "below", label: t("below") },
            ]}
            value={draft.side}
            onPick={(side) => set({ side })}
          />
        </Choice>
        <Field
          label={t("Threshold")}
          inputMode="decimal"
          suffix={unitHint(draft.kind)}
          value={draft.limit}
          error={errors.above ?? errors.below}
          onChange={(limit) => set({ limit })}
        />
      </div>
      <div className="rule-limit">
        {hasWindow(draft.kind) ? (
          <Field
            label={t("Window")}
            value={draft.window}
            error={errors.window}
            list={WINDOWS}
            onChange={(window) => set({ window })}
          />
        ) : null}
        <Field
          label={t("For at least")}
          value={draft.hold}
          error={errors.for}
          placeholder="0s"
          onChange={(hold) => set({ hold })}
        />
      </div>
    </>
  );
}

export function Told({ draft, errors, set, channels }: PartProps & { channels: readonly AlertChannel[] }) {
  const toggle = (name: string, on: boolean) =>
    set({ channels: on ? [...draft.channels, name] : draft.channels.filter((one) => one !== name) });
  return (
    <>
      <Choice label={t("Severity")} error={errors.severity}>
        <Segments
          label={t("Severity")}
          options={SEVERITIES.map((id) => ({ id, label: severityNames()[id] }))}
          value={draft.severity}
          onPick={(severity) => set({ severity, incident: severity === "critical" })}
        />
      </Choice>
      <Choice label={t("Channels")} error={errors.channels}>
        <div className="rule-channels">
          {channels.map((channel) => (
            <label key={channel.name} className="rule-check">
              <input
                type="checkbox"
                checked={draft.channels.includes(channel.name)}
                onChange={(event) => toggle(channel.name, event.target.checked)}
              />
              <span>{channel.name}</span>
              {channel.kind === channel.name ? null : <span className="faint">{channel.kind}</span>}
            </label>
          ))}
        </div>
      </Choice>
      <label className="rule-check">
        <input
          type="checkbox"
          checked={draft.incident}
          onChange={(event) => set({ incident: event.target.checked })}
        />
        <span>{t("Open an incident when it fires")}</span>
      </label>
      <Field
        label={t("Text of the notice")}
        value={draft.summary}
        error={errors.summary}
        onChange={(summary) => set({ summary })}
      />
    </>
  );
}
