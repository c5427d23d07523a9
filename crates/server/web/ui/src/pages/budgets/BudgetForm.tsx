// One budget to make, change or take away. What is wrong stands at its field, whoever found it.

import { useMutation } from "@tanstack/react-query";
import { type FormEvent, useMemo, useState } from "react";
import { put, remove } from "../../api/client";
import { BUDGET_ACTIONS, BUDGET_PERIODS, type Budget, type BudgetConfig } from "../../api/money";
import { queryClient } from "../../api/queries";
import { useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Icon } from "../../components/Icon";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { fieldErrors } from "../../lib/fieldErrors";
import { t } from "../../lib/i18n";
import { grainName } from "../../lib/words";
import { configOf, DRAFT_FIELDS, type Draft, type DraftErrors, draftOf } from "./draft";
import { Choice, type PartProps } from "./parts";
import { ScopeRows } from "./ScopeRows";

const actionNames = () => ({
  block: t("Block"),
  degrade: t("Use cheaper model"),
  throttle: t("Delay"),
  notify: t("Only notify"),
});
const actionHints = () => ({
  block: t("The call is refused before it is made."),
  degrade: t("The call is allowed, and the caller is asked to use a cheaper model."),
  throttle: t("The call is delayed, then allowed."),
  notify: t("The call is allowed. Notifications are sent."),
});

function zones(): string[] {
  return ["UTC", ...Intl.supportedValuesOf("timeZone")];
}

interface Props {
  budget: Budget | null;
  /** Names that a new one cannot have. */
  taken: readonly string[];
  close: () => void;
}

export function BudgetForm({ budget, taken, close }: Props) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(budget?.name ?? "", budget?.config ?? {}));
  const [own, setOwn] = useState<DraftErrors>({});
  const forbidden = useForbidden("admin");
  const written = budget?.source === "file";
  const fixed = written || forbidden !== null;
  const address = (name: string) => `/budgets/${encodeURIComponent(name)}`;
  const done = () => {
    void queryClient.invalidateQueries({ queryKey: ["budgets"] });
    close();
  };
  const save = useMutation({
    mutationFn: ({ name, config }: { name: string; config: BudgetConfig }) =>
      put<unknown>(address(name), config),
    onSuccess: done,
  });
  const drop = useMutation({ mutationFn: (name: string) => remove<unknown>(address(name)), onSuccess: done });
  const refused = fieldErrors(save.error, DRAFT_FIELDS);
  const errors: DraftErrors = { ...refused.of, ...own };
  const set = (patch: Partial<Draft>) => {
    setDraft((old) => ({ ...old, ...patch }));
    setOwn({});
    save.reset();
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fixed) return;
    const { config, errors: found } = configOf(draft, budget?.config);
    const name = draft.name.trim();
    if (!budget && taken.includes(name)) found.name = t("A budget with this name exists.");
    setOwn(found);
    if (Object.keys(found).length === 0) save.mutate({ name, config });
  };
  return (
    <aside
      className="panel"
      aria-label={budget ? t("Budget {name}", { name: budget.name }) : t("New budget")}
    >
      <header className="panel-head budget-head">
        <div className="panel-title">
          <h2>{budget ? budget.name : t("New budget")}</h2>
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
        {written ? (
          <p className="muted">{t("Defined in the configuration or the program. Change it there.")}</p>
        ) : null}
      </header>
      <form className="panel-body budget-form" onSubmit={submit}>
        <fieldset disabled={fixed}>
          {budget ? null : (
            <Field
              label={t("Name")}
              value={draft.name}
              error={errors.name}
              placeholder={t("daily")}
              autoFocus
              onChange={(name) => set({ name })}
            />
          )}
          <Limits draft={draft} errors={errors} set={set} />
          <Period draft={draft} errors={errors} set={set} />
          <ScopeRows draft={draft} errors={errors} set={set} />
          <Field
            label={t("Notify at")}
            suffix={t("% of a limit")}
            value={draft.thresholds}
            error={errors.thresholds}
            hint={t("Sent once per period as a budget.threshold event")}
            onChange={(thresholds) => set({ thresholds })}
          />
          <Beyond draft={draft} errors={errors} set={set} />
          <Loop draft={draft} errors={errors} set={set} />
        </fieldset>
        {refused.rest ? <Trouble error={refused.rest} /> : null}
        {drop.error ? <Trouble error={drop.error} /> : null}
        {fixed ? null : (
          <div className="form-actions">
            <button type="submit" className="button is-main" disabled={save.isPending}>
              {save.isPending ? t("Saving …") : t(budget ? "Save" : "Create")}
            </button>
            <button type="button" className="button" onClick={close}>
              {t("Cancel")}
            </button>
            {budget ? <Delete name={budget.name} pending={drop.isPending} drop={drop.mutate} /> : null}
          </div>
        )}
      </form>
    </aside>
  );
}

function Limits({ draft, errors, set }: PartProps) {
  return (
    <div className="form-three">
      <Field
        label={t("Dollars")}
        prefix="$"
        inputMode="decimal"
        value={draft.limit_usd}
        error={errors.limit_usd}
        onChange={(limit_usd) => set({ limit_usd })}
      />
      <Field
        label={t("Tokens")}
        value={draft.limit_tokens}
        error={errors.limit_tokens}
        placeholder="5M"
        onChange={(limit_tokens) => set({ limit_tokens })}
      />
      <Field
        label={t("Calls")}
        value={draft.limit_calls}
        error={errors.limit_calls}
        onChange={(limit_calls) => set({ limit_calls })}
      />
    </div>
  );
}

function Period({ draft, errors, set }: PartProps) {
  const known = useMemo(zones, []);
  const calendar = draft.period !== "total" && !draft.rolling;
  return (
    <>
      <Choice label={t("Per")} error={errors.period ?? errors.rolling}>
        <Segments
          label={t("Period")}
          options={BUDGET_PERIODS.map((id) => ({ id, label: id === "total" ? t("total") : grainName(id) }))}
          value={draft.period}
          onPick={(period) => set({ period })}
        />
        {draft.period === "total" ? null : (
          <Segments
            label={t("Kind of period")}
            options={[
              {
                id: "calendar",
                label: t("Calendar"),
                title: t("Restarts at the hour, at midnight, on Monday or on the first of the month"),
              },
              {
                id: "rolling",
                label: t("Rolling window"),
                title: t("The most recent hour, day, week or month"),
              },
            ]}
            value={draft.rolling ? "rolling" : "calendar"}
            onPick={(kind) => set({ rolling: kind === "rolling" })}
          />
        )}
      </Choice>
      {calendar && draft.period !== "hour" ? (
        <Field
          label={t("Time zone")}
          value={draft.time_zone}
          error={errors.time_zone}
          placeholder="UTC"
          list={known}
          onChange={(time_zone) => set({ time_zone })}
        />
      ) : null}
    </>
  );
}

function Beyond({ draft, errors, set }: PartProps) {
  return (
    <>
      <Choice label={t("At the limit")} error={errors.action}>
        <Segments
          label={t("Action")}
          options={BUDGET_ACTIONS.map((id) => ({ id, label: actionNames()[id] }))}
          value={draft.action}
          onPick={(action) => set({ action })}
        />
        <span className="form-hint">{actionHints()[draft.action]}</span>
      </Choice>
      {draft.action === "degrade" ? (
        <Field
          label={t("Model to use instead")}
          value={draft.degrade_to}
          error={errors.degrade_to}
          placeholder="gpt-4o-mini"
          onChange={(degrade_to) => set({ degrade_to })}
        />
      ) : null}
      {draft.action === "throttle" ? (
        <Field
          label={t("Seconds to wait")}
          inputMode="decimal"
          value={draft.throttle}
          error={errors.throttle_ms}
          onChange={(throttle) => set({ throttle })}
        />
      ) : null}
    </>
  );
}

function Loop({ draft, errors, set }: PartProps) {
  return (
    <>
      <label className="form-check">
        <input
          type="checkbox"
          checked={draft.loop}
          onChange={(event) => set({ loop: event.target.checked })}
        />
        <span>{t("Loop protection (per session)")}</span>
      </label>
      {draft.loop ? (
        <div className="form-three">
          <Field
            label={t("Same tool run")}
            hint={t("times in a row")}
            value={draft.repeats}
            error={errors["loop.repeats"] ?? errors.loop}
            placeholder="5"
            onChange={(repeats) => set({ repeats })}
          />
          <Field
            label={t("Cost per minute")}
            prefix="$"
            inputMode="decimal"
            value={draft.usd_per_minute}
            error={errors["loop.usd_per_minute"]}
            onChange={(usd_per_minute) => set({ usd_per_minute })}
          />
          <Field
            label={t("Turns")}
            hint={t("calls to models")}
            value={draft.turns}
            error={errors["loop.turns"]}
            onChange={(turns) => set({ turns })}
          />
        </div>
      ) : null}
    </>
  );
}

/** Asks once more, in its place. */
function Delete({ name, pending, drop }: { name: string; pending: boolean; drop: (name: string) => void }) {
  const [sure, setSure] = useState(false);
  if (!sure)
    return (
      <button type="button" className="quiet-button push" onClick={() => setSure(true)}>
        {t("Delete")}
      </button>
    );
  return (
    <span className="push form-sure">
      <button type="button" className="button is-grave" disabled={pending} onClick={() => drop(name)}>
        {t("Delete permanently")}
      </button>
      <button type="button" className="quiet-button" onClick={() => setSure(false)}>
        {t("Keep")}
      </button>
    </span>
  );
}
