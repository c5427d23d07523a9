import type { BudgetAccount } from "../../api/money";
import { percent, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";

/** A cord that is used up: spent thick, reserved hatched, a knot at each threshold, filled once it has fired. */
export function Burn({ account, thresholds }: { account: BudgetAccount; thresholds: readonly number[] }) {
  const limit = usdPixels(account.limit);
  const spent = limit > 0 ? usdPixels(account.spent) / limit : usdPixels(account.spent) > 0 ? 1 : 0;
  const reserved = limit > 0 ? usdPixels(account.reserved) / limit : 0;
  const reach = Math.max(1, spent + reserved, ...thresholds.filter((share) => share <= 1.5));
  // The last knot stays inside.
  const at = (share: number) => `${Math.min(100, (share / reach) * 98)}%`;
  const label =
    reserved > 0
      ? t("{spent} spent, {reserved} reserved", { spent: percent(spent), reserved: percent(reserved) })
      : t("{amount} spent", { amount: percent(spent) });
  return (
    <div className={`burn ${heat(account, thresholds)}`} role="img" aria-label={label} title={label}>
      <i className="burn-spent" style={{ width: at(spent) }} />
      {reserved > 0 ? (
        <i
          className="burn-reserved"
          style={{ left: at(spent), width: `${Math.min(98, (reserved / reach) * 98)}%` }}
        />
      ) : null}
      {thresholds.map((share) => (
        <i
          key={share}
          className={fired(account, share) ? "burn-knot is-fired" : "burn-knot"}
          style={{ left: at(share) }}
          title={
            fired(account, share)
              ? t("{share}: reported in this period", { share: percent(share, 0) })
              : percent(share, 0)
          }
        />
      ))}
    </div>
  );
}

function fired(account: BudgetAccount, share: number): boolean {
  return account.fired.some((one) => Math.abs(one - share) < 1e-9);
}

/** Ink while it lasts, amber from the first threshold on, the wash of amber when nothing is left. */
export function heat(account: BudgetAccount, thresholds: readonly number[]): "" | "is-warm" | "is-spent" {
  const share = account.share ?? 1;
  if (share >= 1) return "is-spent";
  const first = Math.min(...thresholds, Number.POSITIVE_INFINITY);
  return account.fired.length > 0 || share >= first ? "is-warm" : "";
}
