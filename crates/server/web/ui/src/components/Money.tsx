import type { Kind, Span } from "../api/types";
import { headlinePlaces, usd, usdExact } from "../lib/format";
import { t } from "../lib/i18n";

/** Why there is no price, in words. The server's reasons are stable identifiers. */
export function reasonText(reason: string | null | undefined): string {
  if (!reason) return t("no price is known");
  const words: Record<string, string> = {
    unknown_model: t("no price is known for this model"),
    no_model: t("the call does not name its model"),
    no_usage: t("no usage reported"),
    no_unit_price: t("a part of this usage has no price"),
    not_valid_then: t("the model had no known price at that time"),
    "not counted": t("this usage is counted elsewhere"),
    unpriced: t("calls without a known price"),
    subscription: t("within a subscription, nothing is billed by the call"),
  };
  return words[reason] ?? reason.replaceAll("_", " ");
}

/** "3 × no price is known for this model", one line a reason. */
export function reasonsText(reasons: Record<string, number> | undefined): string {
  const entries = Object.entries(reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return entries.map(([reason, calls]) => `${calls} × ${reasonText(reason)}`).join("\n");
}

/** A lower bound. Of an amount too small to show, all that is left to say is that it is something. */
function atLeast(text: string) {
  if (text.startsWith("<")) return ">$0";
  return (
    <>
      <span className="part-mark">≥</span>
      {text}
    </>
  );
}

interface Props {
  value: string | null;
  places?: number;
  /** Why it is null, or why part of it is missing. */
  reason?: string | null;
  /** Calls that are not in the amount. */
  unpriced?: number;
  /** False where nothing was bought, so that nothing could be priced. */
  billable?: boolean;
  /** False where no usage was reported, as by a failed attempt: then there is nothing that lacks a price. */
  used?: boolean;
}

/** What a subscription covers, at list price: set apart from money that is billed. */
export function ListPrice({ value, places }: { value: string; places?: number }) {
  return (
    <span
      className="apart-value"
      title={t("{amount} at list price, within a subscription: not billed by the call, in no sum of costs", {
        amount: usdExact(value),
      })}
    >
      {usd(value, places ?? headlinePlaces(value))}
    </span>
  );
}

/** The server's reason for an amount that is null because no usage came with the calls. */
export const NO_USAGE = "no_usage";

const CALLS: readonly Kind[] = ["llm", "embedding", "rerank"];

/** A call to a model that reported no usage, such as a failed attempt. */
export function reportsNothing(span: Span): boolean {
  if (!span.counted || span.cost_usd !== null) return false;
  return span.cost_reason === NO_USAGE || (CALLS.includes(span.kind) && !span.tokens?.total);
}

/** Whether there is something to say in a span's column of costs. */
export function hasCost(span: Span): boolean {
  return span.counted && (Boolean(span.tokens?.total) || span.cost_usd !== null || reportsNothing(span));
}

/** A dash for a figure that nobody reported. */
export function NoUsage() {
  return (
    <span className="nil" title={t("no usage reported")}>
      –
    </span>
  );
}

/** An amount, or "unpriced" with its reason. Never a zero that is not one. */
export function Money({ value, places = 4, reason, unpriced = 0, billable = true, used = true }: Props) {
  if (!billable && value === null) return <span className="nil">–</span>;
  if (!used && value === null) return <NoUsage />;
  if (value === null) {
    return (
      <span className="unpriced" title={t("Unpriced: {reason}", { reason: reason ?? reasonText(null) })}>
        {t("unpriced")}
      </span>
    );
  }
  if (unpriced > 0) {
    const what = [
      t("{amount} for the priced calls.", { amount: usdExact(value) }),
      t("{n} not priced: {reason}", { n: unpriced, reason: reason ?? reasonText(null) }),
    ].join("\n");
    return <span title={what}>{atLeast(usd(value, places))}</span>;
  }
  if (/^-?0*(\.0*)?$/.test(value))
    return (
      <span className="nil" title={t("The price list has $0 for this usage, as for models that run locally")}>
        {t("free")}
      </span>
    );
  return <span title={usdExact(value)}>{usd(value, places)}</span>;
}

/** What a span cost, in a column of such amounts. */
export function SpanMoney({ span, places }: { span: Span; places: number }) {
  if (span.billing === "subscription" && span.cost_usd !== null)
    return <ListPrice value={span.cost_usd} places={places} />;
  return (
    <Money
      value={span.cost_usd}
      places={places}
      used={!reportsNothing(span)}
      reason={reasonText(span.cost_reason)}
    />
  );
}
