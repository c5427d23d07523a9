// One rule to make, change or remove, with a back-test before it is saved.
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import {
  type AlertChannel,
  type AlertPreset,
  type AlertRule,
  type RuleKeys,
  useBacktest,
  useRemoveRule,
  useSaveRule,
} from "../../api/alerts";
import { Problem } from "../../api/client";
import { useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { BacktestChart } from "./BacktestChart";
import { keysOf, RULE_FIELDS, type RuleDraft, type RuleErrors, ruleDraft } from "./draft";
import { dropRule, leftRule } from "./leftRule";
import { Begin, Told, Watched, When } from "./RuleParts";

const DAYS = 30;

interface Props {
  rule: AlertRule | null;
  taken: readonly string[];
  channels: readonly AlertChannel[];
  presets: readonly AlertPreset[];
  /** Why channels and presets are missing. */
  lacks: ReactNode;
  close: () => void;
}

/** The server names the rule before the field; the form has its name already. */
function unnamed(error: Error | null): Error | null {
  if (!(error instanceof Problem)) return error;
  const detail = error.detail.replace(/^\[alert\.[^\]]*\] /, "");
  return new Problem(error.title, error.status, detail, error.route, error.position, error.kind);
}

/** An empty rule, or one with the statement that was left on the page of SQL. */
function newDraft(): RuleDraft {
  const statement = leftRule();
  return ruleDraft("", {}, statement === null ? {} : { kind: "sql", sql: statement, window: "1h" });
}

export function RuleForm({ rule, taken, channels, presets, lacks, close }: Props) {
  const [draft, setDraft] = useState<RuleDraft>(() =>
    rule ? ruleDraft(rule.name, rule.config, rule.effective) : newDraft(),
  );
  useEffect(dropRule, []);
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
        {lacks}
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
        {draft.kind === "sql" ? null : (
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
        )}
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
