import type { ReactNode } from "react";
import type { CostAnalysis } from "../../api/money";
import { usePriceSources } from "../../api/queries";
import type { UsageRow } from "../../api/types";
import { Link } from "../../components/Link";
import { NoUsage, reasonsText } from "../../components/Money";
import {
  compact,
  count,
  headlinePlaces,
  inCurrency,
  percent,
  usd,
  usdExact,
  usdHeadline,
  usdPixels,
} from "../../lib/format";
import { t } from "../../lib/i18n";
import { estimatedText } from "../../lib/words";
import { filterHref } from "../../state/filters";
import type { Params } from "../../state/url";
import { confidenceText, periodName } from "./period";

/** Change against the period before, as a share; null where there was nothing to compare with. */
function change(now: number, before: number | undefined): number | null {
  return before && before > 0 ? now / before - 1 : null;
}

function Change({ share, before }: { share: number | null; before: string }) {
  if (share === null) return <span className="faint">{t("no earlier data")}</span>;
  const size = Math.abs(share);
  const text =
    size < 0.005
      ? t("unchanged")
      : `${share > 0 ? "+" : "−"}${size >= 10 ? `${count(size)}×` : percent(size, size < 0.1 ? 1 : 0)}`;
  return (
    <span className="muted" title={t("The period of the same length just before: {before}", { before })}>
      {text} <span className="faint">{t("from {before}", { before })}</span>
    </span>
  );
}

function Figure({
  label,
  value,
  title,
  to,
  children,
}: {
  label: string;
  value: ReactNode;
  title?: string;
  /** Parameters of the list of its calls. */
  to?: Params;
  children?: ReactNode;
}) {
  return (
    <div className="total" title={title}>
      <dt>{label}</dt>
      <dd>
        <span className="total-value">
          {to ? (
            <Link className="num" href={filterHref("/calls", {}, to)}>
              {value}
            </Link>
          ) : (
            value
          )}
        </span>
        <span className="total-note">{children}</span>
      </dd>
    </div>
  );
}

const errorRate = (row: UsageRow) => (row.llm_calls > 0 ? row.errors / row.llm_calls : 0);

function CostValue({ total }: { total: UsageRow }) {
  if (total.cost_usd !== null) return usdHeadline(total.cost_usd);
  if (total.subscription_usd) return <span className="nil">–</span>;
  if (total.unpriced_calls > 0 || total.tokens.total > 0)
    return <span className="unpriced">{t("unpriced")}</span>;
  return <NoUsage />;
}

/** The figures that answer the page at a glance. */
export function Totals({ total, analysis }: { total: UsageRow; analysis: CostAnalysis | undefined }) {
  const before = analysis?.previous;
  const display = usePriceSources().data?.display;
  const { tokens } = total;
  const cached = tokens.input > 0 ? tokens.cache_read / tokens.input : 0;
  const forecast = analysis?.forecast;
  return (
    <dl className="totals">
      <Figure
        label={t("Cost")}
        to={{ sort: "-cost" }}
        value={<CostValue total={total} />}
        title={total.cost_usd === null ? undefined : usdExact(total.cost_usd)}
      >
        {before ? (
          <Change
            share={change(usdPixels(total.cost_usd), usdPixels(before.cost_usd))}
            before={before.cost_usd === null ? "$0" : usdHeadline(before.cost_usd)}
          />
        ) : null}
        {display && total.cost_usd ? (
          <span
            className="faint"
            title={t("At {rate} {currency} for a dollar, as stated on {day}", {
              rate: display.rate,
              currency: display.currency,
              day: display.stated,
            })}
          >
            ≈ {inCurrency(total.cost_usd, display.rate, display.currency)}
          </span>
        ) : null}
        {total.unpriced_calls > 0 ? (
          <Link
            className="unpriced-note num"
            href={filterHref("/calls", {}, { state: "unpriced" })}
            title={reasonsText(total.unpriced_reasons)}
          >
            {t("+ {n} unpriced", { n: count(total.unpriced_calls) })}
          </Link>
        ) : null}
      </Figure>
      {total.subscription_usd ? (
        <Figure
          label={t("At list price")}
          to={{ state: "subscription", sort: "-cost" }}
          value={<span className="apart-value">{usdHeadline(total.subscription_usd)}</span>}
          title={t("{amount} if these calls were billed one by one. Not part of the cost.", {
            amount: usdExact(total.subscription_usd),
          })}
        >
          <span className="muted">{t("subscriptions, not in the cost")}</span>
        </Figure>
      ) : null}
      {total.estimated?.cost_usd ? (
        <Figure
          label={t("Estimated")}
          to={{ state: "estimated" }}
          value={<span className="apart-value">≈ {usdHeadline(total.estimated.cost_usd)}</span>}
          title={estimatedText(total.estimated)}
        >
          <span className="muted">{t("calls without usage, not in the cost")}</span>
        </Figure>
      ) : null}
      {forecast ? (
        <Figure
          label={t("Expected, {period}", { period: periodName(forecast) })}
          value={usdHeadline(forecast.expected_usd)}
          title={`${confidenceText(forecast)}: ${forecast.method}`}
        >
          <span className="muted">
            {usd(forecast.low_usd, headlinePlaces(forecast.expected_usd))} –{" "}
            {usd(forecast.high_usd, headlinePlaces(forecast.expected_usd))}
          </span>
        </Figure>
      ) : null}
      <Figure
        label={t("LLM calls")}
        to={{}}
        value={compact(total.llm_calls)}
        title={t("{n} LLM calls", { count: total.llm_calls, n: count(total.llm_calls) })}
      >
        {before ? (
          <Change share={change(total.llm_calls, before.llm_calls)} before={compact(before.llm_calls)} />
        ) : null}
      </Figure>
      <Figure
        label={t("Tokens")}
        to={{ sort: "-tokens" }}
        value={compact(tokens.total)}
        title={[
          t("{n} in ({cached} cached, {written} written to cache)", {
            n: count(tokens.input),
            cached: count(tokens.cache_read),
            written: count(tokens.cache_write),
          }),
          t("{n} out ({reasoning} reasoning)", {
            n: count(tokens.output),
            reasoning: count(tokens.reasoning),
          }),
        ].join("\n")}
      >
        <span className="muted">
          {t("{input} in · {output} out", { input: compact(tokens.input), output: compact(tokens.output) })}
        </span>
      </Figure>
      <Figure
        label={t("Input from cache")}
        value={percent(cached)}
        title={t("Share of input tokens that the provider read from its cache")}
      >
        <span className="muted">
          {t("{n} tokens", { count: tokens.cache_read, n: compact(tokens.cache_read) })}
        </span>
      </Figure>
      <Figure
        label={t("Error rate")}
        value={<span className={total.errors ? "failing" : undefined}>{percent(errorRate(total))}</span>}
      >
        {total.errors > 0 ? (
          <Link className="muted num" href={filterHref("/calls", {}, { state: "failed" })}>
            {t("{n} failed", { n: count(total.errors) })}
          </Link>
        ) : (
          <span className="muted">{t("{n} failed", { n: "0" })}</span>
        )}
      </Figure>
    </dl>
  );
}
