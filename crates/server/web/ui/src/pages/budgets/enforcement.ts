// Whether a budget that is used up stops anything: the refusals that its events tell of.
import { useQuery } from "@tanstack/react-query";
import { get } from "../../api/client";
import type { Budget, BudgetAccount } from "../../api/money";
import type { EventRow } from "../../api/signals";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { minuteTime } from "../../lib/time";

/** Refusals that are read; the API gives no more at once. */
const MOST = 500;
const AGAIN_MS = 15_000;

export interface Refusal {
  at: string;
  budget: string;
  scope: Record<string, string>;
}

const PREFIX = "budget.scope.";

export function refusalOf({ time, attributes }: EventRow): Refusal {
  const scope = Object.entries(attributes).flatMap(([name, value]) =>
    name.startsWith(PREFIX) ? [[name.slice(PREFIX.length), String(value)]] : [],
  );
  return { at: time, budget: String(attributes["budget.name"] ?? ""), scope: Object.fromEntries(scope) };
}

/** Refused calls since the earliest period of these budgets began, the newest first. */
export function useRefusals(budgets: readonly Budget[]): readonly Refusal[] | null {
  const starts = budgets.flatMap(({ accounts }) => accounts.map(({ period_start }) => period_start ?? ""));
  const since = starts.includes("") ? undefined : [...starts].sort()[0];
  const query = useQuery({
    queryKey: ["budget-refusals", since],
    enabled: starts.length > 0,
    refetchInterval: AGAIN_MS,
    queryFn: async ({ signal }) => {
      const asked = { type: "budget.refused", since, limit: MOST };
      return (await get<{ events: EventRow[] }>("/events", asked, signal)).events.map(refusalOf);
    },
  });
  return query.data ?? null;
}

/** Those of one account in its present period. */
export function refusalsOf(account: BudgetAccount, name: string, all: readonly Refusal[]): Refusal[] {
  const begun = Date.parse(account.period_start ?? "") || 0;
  return all.filter(
    ({ budget, scope, at }) =>
      budget === name &&
      Date.parse(at) >= begun &&
      Object.entries(account.scope).every(([field, value]) => scope[field] === value),
  );
}

/** The state of an account in words; null while there is nothing to say. */
export function enforcementText(
  account: BudgetAccount,
  action: string,
  refused: readonly Refusal[],
): { text: string; enforced: boolean } | null {
  const first = refused[refused.length - 1];
  if (first) {
    const n = `${count(refused.length)}${refused.length >= MOST ? "+" : ""}`;
    const since = minuteTime(first.at);
    return {
      enforced: true,
      text:
        action === "block"
          ? t("Blocking since {since}, {n} calls refused", { since, n, count: refused.length })
          : t("At the limit since {since}, {n} calls affected", { since, n, count: refused.length }),
    };
  }
  if ((account.share ?? 1) < 1 || action === "notify") return null;
  return {
    enforced: false,
    text: t(
      "Not enforced: no call asked this budget in the period. Only calls through the gateway or the library ask it.",
    ),
  };
}
