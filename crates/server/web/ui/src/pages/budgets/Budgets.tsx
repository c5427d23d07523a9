// How much is left, of what, for whom, until when? One block a budget, one cord an account; the form stands beside.

import { useMemo, useState } from "react";
import type { Budget, BudgetAccount, BudgetConfig } from "../../api/money";
import { useBudgets } from "../../api/queries";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/PageTop";
import { PanelSplit } from "../../components/PanelSplit";
import { Failure, SkeletonRows } from "../../components/States";
import { compact, count, percent, usd, usdColumnPlaces, usdExact, usdPlain } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, minuteTime, until, utcTime } from "../../lib/time";
import { fieldName, grainName } from "../../lib/words";
import { filterHref } from "../../state/filters";
import { useKeys } from "../../state/keys";
import { useNarrow, useNow } from "../../state/screen";
import { href, setParams, usePlace } from "../../state/url";
import { BudgetForm } from "./BudgetForm";
import "./budgets.css";
import { Burn, heat } from "./Burn";
import { enforcementText, type Refusal, refusalsOf, useRefusals } from "./enforcement";

/** Accounts of a budget before "show all". */
const FIRST = 6;
const MOST = 500;

export function Budgets() {
  const { params } = usePlace();
  const narrow = useNarrow();
  const query = useBudgets();
  const budgets = useMemo(
    // By name, not by fullness: this page is asked again all the time, and nothing may jump.
    () => [...(query.data ?? [])].sort((a, b) => a.name.localeCompare(b.name)),
    [query.data],
  );
  const refusals = useRefusals(budgets);
  const making = params.get("new") !== null;
  const name = params.get("budget");
  const chosen = budgets.find((budget) => budget.name === name);
  const close = () => setParams({ new: null, budget: null }, { replace: true });
  const open = (patch: Record<string, string | null>) => setParams({ new: null, budget: null, ...patch });
  const forbidden = useForbidden("admin");
  useKeys({
    n: (event) => {
      if (forbidden) return;
      event.preventDefault();
      open({ new: "1" });
    },
    Escape: (event) => {
      if (!making && !name) return;
      event.preventDefault();
      close();
    },
  });
  const panel =
    making && !forbidden ? (
      <BudgetForm key="new" budget={null} taken={budgets.map((budget) => budget.name)} close={close} />
    ) : chosen ? (
      <BudgetForm key={chosen.name} budget={chosen} taken={[]} close={close} />
    ) : null;
  return (
    <>
      <PageHead
        title={t("Budgets")}
        tools={
          <AllowedButton
            needs="admin"
            className="button is-main"
            title={t("New budget (n)")}
            onClick={() => open({ new: "1" })}
          >
            {t("New budget")}
          </AllowedButton>
        }
      >
        {budgets.length > 0 ? <span>{t("{count} budgets", { count: budgets.length })}</span> : null}
      </PageHead>
      <PanelSplit panel={panel} covers={narrow && panel !== null}>
        <div className="budgets-scroll">
          {query.isError && !query.data ? (
            <Failure error={query.error} retry={() => void query.refetch()} />
          ) : query.isPending ? (
            <SkeletonRows rows={6} />
          ) : budgets.length === 0 ? (
            <NoBudgets make={() => open({ new: "1" })} />
          ) : (
            budgets.map((budget) => (
              <Block
                key={budget.name}
                budget={budget}
                refusals={refusals}
                chosen={budget.name === name}
                open={() => open({ budget: budget.name })}
              />
            ))
          )}
        </div>
      </PanelSplit>
    </>
  );
}

function NoBudgets({ make }: { make: () => void }) {
  return (
    <div className="state">
      <h2>{t("No budgets yet")}</h2>
      <p className="state-text">
        {t(
          "Limit dollars, tokens or calls, overall or per user, agent, model or project. The gateway and the library enforce it before each call.",
        )}
      </p>
      <div className="state-actions">
        <AllowedButton needs="admin" className="button is-main" onClick={make}>
          {t("New budget")}
        </AllowedButton>
      </div>
      <p className="faint">
        {t("Or from a shell:")} <code className="mono">quipu budget set daily --usd 10 --per day</code>
      </p>
    </div>
  );
}

function actionText(config: BudgetConfig): string {
  switch (config.action ?? "block") {
    case "block":
      return t("blocks");
    case "degrade":
      return config.degrade_to ? t("uses {model}", { model: config.degrade_to }) : t("uses a cheaper model");
    case "throttle":
      return t("delays");
    case "notify":
      return t("notifies");
  }
}

function periodText({ period = "day", rolling }: BudgetConfig): string {
  if (period === "total") return t("total");
  return rolling
    ? t("in any {period}", { period: grainName(period) })
    : t("per {period}", { period: grainName(period) });
}

/** What a budget says of itself, in one line. */
function termsOf(config: BudgetConfig): string[] {
  const limits = [
    config.limit_usd ? usdPlain(String(config.limit_usd)) : "",
    config.limit_tokens
      ? t("{n} tokens", { count: config.limit_tokens, n: compact(config.limit_tokens) })
      : "",
    config.limit_calls ? t("{n} calls", { count: config.limit_calls, n: compact(config.limit_calls) }) : "",
  ].filter(Boolean);
  const all = limits.join(` ${t("and")} `);
  const terms = [limits.length > 0 ? `${all} ${periodText(config)}` : "", actionText(config)];
  if (config.loop) terms.push(t("loops stopped"));
  return terms.filter(Boolean);
}

function scopeText(scope: BudgetConfig["scope"]): string {
  const parts = Object.entries(scope ?? {}).flatMap(([field, value]) => {
    if (!value) return [];
    return value === "*"
      ? [t("each {field}", { field: fieldName(field) })]
      : [`${fieldName(field)} ${value}`];
  });
  return parts.length > 0 ? parts.join(", ") : t("everything");
}

interface BlockProps {
  budget: Budget;
  refusals: readonly Refusal[] | null;
  chosen: boolean;
  open: () => void;
}

function Block({ budget, refusals, chosen, open }: BlockProps) {
  const [all, setAll] = useState(false);
  const forbidden = useForbidden("admin") !== null;
  const thresholds = budget.config.thresholds ?? [];
  const accounts = useMemo(
    () => [...budget.accounts].sort((a, b) => shareOf(b) - shareOf(a)),
    [budget.accounts],
  );
  return (
    <section className={chosen ? "budget is-chosen" : "budget"}>
      <header>
        <h2 title={budget.name}>{budget.name}</h2>
        <p className="facts">
          <span>{scopeText(budget.config.scope)}</span>
          {termsOf(budget.config).map((term) => (
            <span key={term}>{term}</span>
          ))}
          {budget.config.time_zone && !budget.config.rolling ? <span>{budget.config.time_zone}</span> : null}
          {budget.source === "file" ? (
            <span className="faint" title={t("Change it in the configuration or program that defines it")}>
              {t("of the configuration")}
            </span>
          ) : null}
        </p>
        <button type="button" className="quiet-button" aria-pressed={chosen} onClick={open}>
          {t(budget.source === "file" || forbidden ? "Show" : "Edit")}
        </button>
      </header>
      {accounts.length === 0 ? (
        <p className="faint budget-quiet">{t("Nothing spent yet in this period.")}</p>
      ) : (
        <ul>
          {accounts.slice(0, all ? MOST : FIRST).map((account) => (
            <AccountRow
              key={`${JSON.stringify(account.scope)} ${account.unit}`}
              account={account}
              thresholds={thresholds}
              state={
                refusals &&
                enforcementText(
                  account,
                  budget.config.action ?? "block",
                  refusalsOf(account, budget.name, refusals),
                )
              }
            />
          ))}
        </ul>
      )}
      {accounts.length > FIRST ? (
        <button type="button" className="quiet-button budget-more" onClick={() => setAll(!all)}>
          {all
            ? t("Only the {n} closest to their limit", { n: FIRST })
            : t("All {n}", { n: count(accounts.length) })}
        </button>
      ) : null}
    </section>
  );
}

/** A limit of zero is used up from the start. */
const shareOf = (account: BudgetAccount) => account.share ?? Number.POSITIVE_INFINITY;

function accountName(account: BudgetAccount): string {
  const parts = Object.values(account.scope);
  return parts.length > 0 ? parts.join(" · ") : t("all");
}

function figureOf(account: BudgetAccount): (value: string) => string {
  if (account.unit !== "usd") return (value) => compact(Number(value));
  const places = Math.min(4, usdColumnPlaces([account.spent, account.reserved]));
  return (value) => usd(value, places);
}

function amountOf(account: BudgetAccount, value: number, figure: (value: number) => string): string {
  return account.unit === "tokens"
    ? t("{n} tokens", { count: value, n: figure(value) })
    : t("{n} calls", { count: value, n: figure(value) });
}

function exactOf(account: BudgetAccount, value: string): string {
  return account.unit === "usd" ? usdExact(value) : amountOf(account, Number(value), count);
}

function limitText(account: BudgetAccount): string {
  if (account.unit !== "usd") return amountOf(account, Number(account.limit), compact);
  return usdPlain(account.limit);
}

/** Fields of an account that the filter knows. */
const FILTERED = new Set(["project", "service", "framework", "agent", "user", "session", "model", "tag"]);

/** The traces that an account's spending came from, in its present period. */
function tracesOf(account: BudgetAccount): string {
  const scope = Object.fromEntries(Object.entries(account.scope).filter(([field]) => FILTERED.has(field)));
  const since = account.period_start ? { since: account.period_start, range: null } : { range: "all" };
  return filterHref("/traces", scope, { ...since, sort: "-cost" });
}

/** A share of the limit: per cent up to twice the limit, then so many times. */
const shareText = (share: number): string =>
  share >= 2 ? t("{n}× the limit", { n: compact(Math.floor(share)) }) : percent(share, 0);

interface AccountProps {
  account: BudgetAccount;
  thresholds: readonly number[];
  /** Whether the limit stops anything, in words. */
  state: { text: string; enforced: boolean } | null;
}

function AccountRow({ account, thresholds, state }: AccountProps) {
  const now = useNow(20_000);
  const figure = figureOf(account);
  const left = account.resets_at ? until(account.resets_at, now) : null;
  const name = accountName(account);
  const reserved = Number(account.reserved) > 0;
  return (
    <li className="account">
      <Link
        className="account-name"
        href={tracesOf(account)}
        title={
          Object.entries(account.scope)
            .map(([field, value]) => `${fieldName(field)}: ${value}`)
            .join("\n") || t("Every call")
        }
      >
        {name}
      </Link>
      <Burn account={account} thresholds={thresholds} />
      <span className={`account-share figure ${heat(account, thresholds)}`}>
        {account.share === null ? "–" : shareText(account.share)}
      </span>
      <span className="account-sums figure">
        <span title={t("{amount} spent", { amount: exactOf(account, account.spent) })}>
          {figure(account.spent)}
        </span>
        {reserved ? (
          <span
            className="muted"
            title={t("{amount} reserved by calls that are under way", {
              amount: exactOf(account, account.reserved),
            })}
          >
            {" "}
            + {figure(account.reserved)}
          </span>
        ) : null}
        <span className="muted" title={exactOf(account, account.limit)}>
          {" "}
          {t("of {limit}", { limit: limitText(account) })}
        </span>
      </span>
      <span className="account-reset muted">
        {account.resets_at ? (
          <time
            dateTime={account.resets_at}
            title={`${fullTime(account.resets_at)}\n${utcTime(account.resets_at)}`}
          >
            {left
              ? t("resets in {left}", { left })
              : t("reset {time}", { time: minuteTime(account.resets_at) })}
          </time>
        ) : (
          <span className="faint">
            {account.period_start ? t("since {time}", { time: minuteTime(account.period_start) }) : ""}
          </span>
        )}
      </span>
      {state ? (
        <span className={state.enforced ? "account-state is-enforced" : "account-state"}>
          {state.enforced ? (
            <Link href={href("/events", { type: "budget.refused", range: "all" })}>{state.text}</Link>
          ) : (
            state.text
          )}
        </span>
      ) : null}
    </li>
  );
}
