// One rule to make, change or remove, with a back-test before it is saved.
import { type FormEvent, useState } from "react";
import {
  type AlertChannel,
  type AlertPreset,
  type AlertRule,
  type RuleKeys,
  SEVERITIES,
  useBacktest,
  useRemoveRule,
  useSaveRule,
} from "../../api/alerts";
import { Problem } from "../../api/client";
import { useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { Choice } from "../budgets/parts";
import { BacktestChart } from "./BacktestChart";
import {
  groupChoices,
  keysOf,
  LATENCIES,
  QUANTILES,
  RULE_FIELDS,
  type RuleDraft,
  type RuleErrors,
  ruleDraft,
  WINDOWS,
} from "./draft";
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

const DAYS = 30;

interface Props {
  rule: AlertRule | null;
  taken: readonly string[];
  channels: readonly AlertChannel[];
  presets: readonly AlertPreset[];
  close: () => void;
}

/** The server names the rule before the field; the form has its name already. */
function unnamed(error: Error | null): Error | null {
  if (!(error instanceof Problem)) return error;
  const detail = error.detail.replace(/^\[alert\.[^\]]*\] /, "");
  return new Problem(error.title, error.status, detail, error.route, error.position, error.kind);
}

interface PartProps {
  draft: RuleDraft;
  errors: RuleErrors;
  set: (patch: Partial<RuleDraft>) => void;
}

export function RuleForm({ rule, taken, channels, presets, close }: Props) {
  const [draft, setDraft] = useState<RuleDraft>(() =>
    ruleDraft(rule?.name ?? "", rule?.config ?? {}, rule?.effective ?? {}),
  );
  const [own, setOwn] = useState<RuleErrors>({});
  const forbidden = useForbidden("admin");
  const written = rule?.source === "file";
  const fixed = written || forbidden !== null;
  const save = useSaveRule(close);
  const test = useBacktest();
  const refused = fieldErrors(unnamed(save.error ?? test.error), RULE_FIELDS);
  const errors: RuleErrors = { ...refused.of, ...own };
  const set = (patch: Partial<RuleDraft>) => {
    setDraft((old) => ({ ...old, ...patch }));
    setOwn({});
    save.reset();
    test.reset();
  };
  const keys = (): RuleKeys | null => {
    const { keys, errors: found } = keysOf(draft, rule?.config);
    if (!rule && taken.includes(draft.name.trim())) found.name = t("A rule with this name exists.");
    setOwn(found);
    return Object.keys(found).length === 0 ? keys : null;
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const config = fixed ? null : keys();
    if (config) save.mutate({ name: draft.name.trim(), config });
  };
  const tryOut = () => {
    // A rule of the config file is tested as it is.
    const config = fixed ? (rule?.config ?? null) : keysOf(draft, rule?.config).keys;
    if (config) test.mutate({ rule: config, days: DAYS });
  };
  return (
    <aside className="panel" aria-label={rule ? t("Rule {name}", { name: rule.name }) : t("New rule")}>
      <header className="panel-head rule-head">
        <div className="panel-title">
          <h2>{rule ? rule.name : t("New rule")}</h2>
          <button
            type="button"
            className="icon-button push"
            title={t("Close (esc)")}
            aria-label={t("Close")}
            onClick={close}
          >
            <Icon name="close" />
          </button>
        </div>
        {forbidden ? <p className="muted">{forbidden}</p> : null}
        {written ? <p className="muted">{t("Defined in the config file. Change it there.")}</p> : null}
        {rule?.effective.preset ? (
          <p className="muted">{t("Based on the preset {name}.", { name: rule.effective.preset })}</p>
        ) : null}
      </header>
      <form className="panel-body rule-form" onSubmit={submit}>
        <fieldset disabled={fixed}>
          {rule ? null : (
            <Begin
              presets={presets}
              pick={(preset) =>
                set({ ...ruleDraft(preset.name, preset.config, preset.config), channels: draft.channels })
              }
            />
          )}
          {rule ? null : (
            <Field
              label={t("Name")}
              value={draft.name}
              error={errors.name}
              placeholder="slow_answers"
              autoFocus
              onChange={(name) => set({ name })}
            />
          )}
          <Watched draft={draft} errors={errors} set={set} />
          <When draft={draft} errors={errors} set={set} />
          <Told draft={draft} errors={errors} set={set} channels={channels} />
        </fieldset>
        <section className="rule-test" aria-label={t("Back-test")}>
          <button type="button" className="button" disabled={test.isPending} onClick={tryOut}>
            {test.isPending
              ? t("Reading {days} days …", { days: DAYS })
              : t("Back-test over {days} days", { days: DAYS })}
          </button>
          {test.data && test.variables ? (
            <BacktestChart
              test={test.data}
              rule={{ ...rule?.effective, ...test.variables.rule }}
              days={test.variables.days}
              until={test.submittedAt}
            />
          ) : null}
        </section>
        {refused.rest ? <Trouble error={refused.rest} /> : null}
        {fixed ? null : (
          <div className="form-actions">
            <button type="submit" className="button is-main" disabled={save.isPending}>
              {save.isPending ? t("Saving …") : rule ? t("Save") : t("Create")}
            </button>
            <button type="button" className="button" onClick={close}>
              {t("Cancel")}
            </button>
            {rule ? <Remove name={rule.name} done={close} /> : null}
          </div>
        )}
      </form>
    </aside>
  );
}

/** Presets whose keys fill the form. */
function Begin({ presets, pick }: { presets: readonly AlertPreset[]; pick: (preset: AlertPreset) => void }) {
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

function Watched({ draft, errors, set }: PartProps) {
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

function When({ draft, errors, set }: PartProps) {
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
          label={t("Wrong for")}
          value={draft.hold}
          error={errors.for}
          placeholder="0s"
          onChange={(hold) => set({ hold })}
        />
      </div>
    </>
  );
}

function Told({ draft, errors, set, channels }: PartProps & { channels: readonly AlertChannel[] }) {
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

/** Asks once more, in its place. */
function Remove({ name, done }: { name: string; done: () => void }) {
  const [sure, setSure] = useState(false);
  const remove = useRemoveRule(done);
  if (!sure)
    return (
      <button type="button" className="quiet-button push" onClick={() => setSure(true)}>
        {t("Delete")}
      </button>
    );
  return (
    <span className="push rule-sure">
      {remove.error ? <Trouble error={remove.error} /> : null}
      <button
        type="button"
        className="button is-grave"
        disabled={remove.isPending}
        onClick={() => remove.mutate(name)}
      >
        {t("Delete permanently")}
      </button>
      <button type="button" className="quiet-button" onClick={() => setSure(false)}>
        {t("Keep")}
      </button>
    </span>
  );
}
