// Budgets as cords that burn down, the fullest first.
import type { Budget, BudgetAccount } from "../../api/money";
import { useBudgets } from "../../api/queries";
import { Link } from "../../components/Link";
import { Answered, Panel } from "../../components/Panel";
import { compact, percent, usd, usdPlain } from "../../lib/format";
import { t } from "../../lib/i18n";
import { until } from "../../lib/time";
import { useNow } from "../../state/screen";
import { href } from "../../state/url";
import "../budgets/budgets.css";
import { Burn, heat } from "../budgets/Burn";

const MOST = 5;

interface Cord {
  budget: Budget;
  account: BudgetAccount;
}

/** A limit of zero is used up from the start. */
const shareOf = ({ account }: Cord) => account.share ?? Number.POSITIVE_INFINITY;

export function BudgetCords() {
  const query = useBudgets();
  const count = query.data?.length ?? 0;
  return (
    <Panel
      title={t("Budgets")}
      note={
        count > 0 ? (
          <Link className="quiet-button" href={href("/budgets")}>
            {t("{count} budgets", { count })}
          </Link>
        ) : undefined
      }
    >
      <Answered query={query} lines={3}>
        {(budgets) => {
          const cords = budgets
            .flatMap((budget) => budget.accounts.map((account): Cord => ({ budget, account })))
            .sort((a, b) => shareOf(b) - shareOf(a));
          if (budgets.length === 0) return <Teach />;
          if (cords.length === 0)
            return <p className="part-empty">{t("Nothing spent yet in the running periods.")}</p>;
          return (
            <ul className="cords">
              {cords.slice(0, MOST).map((cord) => (
                <CordRow
                  key={`${cord.budget.name} ${JSON.stringify(cord.account.scope)} ${cord.account.unit}`}
                  {...cord}
                />
              ))}
            </ul>
          );
        }}
      </Answered>
    </Panel>
  );
}

function Teach() {
  return (
    <p className="part-empty">
      {t("No budget yet. A budget can stop calls before they are made.")}{" "}
      <Link className="quiet-button" href={href("/budgets", { new: "1" })}>
        {t("New budget")}
      </Link>
    </p>
  );
}

function CordRow({ budget, account }: Cord) {
  const now = useNow(20_000);
  const thresholds = budget.config.thresholds ?? [];
  const of = Object.values(account.scope).join(" · ");
  const amount = (value: string) => (account.unit === "usd" ? usd(value, 2) : compact(Number(value)));
  const limit =
    account.unit === "usd" ? usdPlain(account.limit) : `${compact(Number(account.limit))} ${account.unit}`;
  const left = account.resets_at ? until(account.resets_at, now) : null;
  return (
    <li>
      <Link href={href("/budgets", { budget: budget.name })}>
        <span className="cord-name" title={of ? `${budget.name} · ${of}` : budget.name}>
          {budget.name}
          {of ? <span className="faint"> {of}</span> : null}
        </span>
        <span className={`account-share figure ${heat(account, thresholds)}`}>
          {account.share === null ? "–" : percent(account.share, 0)}
        </span>
        <Burn account={account} thresholds={thresholds} />
        <span className="cord-sums faint">
          {t("{spent} of {limit}", { spent: amount(account.spent), limit })}
          {left ? ` · ${t("resets in {left}", { left })}` : ""}
        </span>
      </Link>
    </li>
  );
}
