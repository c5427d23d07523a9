// Why a call costs what it costs: every line of the sum, the rule behind it, and what the sender says beside it.
import { useState } from "react";
import type { SpanCost } from "../../api/money";
import { useSpanCost } from "../../api/queries";
import type { PriceAnswer, PriceLine, Span } from "../../api/types";
import { reasonText } from "../../components/Money";
import { Trouble } from "../../components/States";
import { parseDecimal } from "../../lib/decimal";
import {
  compact,
  compareUsd,
  count,
  percent,
  subtractUsd,
  sumUsd,
  usd,
  usdExact,
  usdPixels,
  usdSigned,
} from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, utcTime } from "../../lib/time";

export function Explain({ span, traceId }: { span: Span; traceId: string }) {
  const query = useSpanCost(traceId, span.span_id);
  const [open, setOpen] = useState(true);
  const cost = query.data;
  const computed = cost ? cost.cost_usd : span.cost_usd;
  return (
    <section className="explain" aria-label={t("Cost")}>
      <button type="button" className="explain-head" aria-expanded={open} onClick={() => setOpen(!open)}>
        <i className="explain-mark" aria-hidden="true" />
        <span>
          {(cost?.billing ?? span.billing) === "subscription" ? t("Cost at list price") : t("Cost")}
        </span>
        <span className="figure push">
          {computed !== null ? (
            <strong>{usdExact(computed)}</strong>
          ) : span.counted ? (
            <span className="unpriced" title={reasonText(cost?.cost_reason ?? span.cost_reason)}>
              {t("unpriced")}
            </span>
          ) : (
            <span className="nil">–</span>
          )}
        </span>
      </button>
      {open ? (
        cost ? (
          <Reasons cost={cost} />
        ) : query.isError ? (
          <Trouble error={query.error} retry={() => void query.refetch()} />
        ) : (
          <div className="part-wait" aria-hidden="true">
            <i style={{ width: "90%" }} />
            <i style={{ width: "72%" }} />
          </div>
        )
      ) : null}
    </section>
  );
}

function Reasons({ cost }: { cost: SpanCost }) {
  const { price } = cost;
  return (
    <>
      {cost.cost_usd === null && cost.counted && !cost.note ? (
        <p className="explain-note">{sentence(reasonText(cost.cost_reason))}</p>
      ) : null}
      {price?.lines?.length ? <Sum price={price} cost={cost} /> : null}
      {cost.note ? <p className="explain-note">{cost.note}</p> : null}
      {cost.reported_cost_usd === null ? null : <Reported cost={cost} reported={cost.reported_cost_usd} />}
      <Facts cost={cost} />
    </>
  );
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}

const places = (texts: readonly string[]) =>
  Math.max(2, ...texts.map((text) => parseDecimal(text)?.scale ?? 0));

/** What a line of the bill is of. Units of the price books that are not listed are shown as they come. */
function unitText(unit: string): string {
  const words: Record<string, string> = {
    input_tokens: t("input"),
    output_tokens: t("output"),
    cache_read_tokens: t("cache read"),
    cache_write_tokens: t("cache write"),
    reasoning_tokens: t("reasoning"),
  };
  return words[unit] ?? unit.replace(/_tokens$/, "").replaceAll("_", " ");
}

function Sum({ price, cost }: { price: PriceAnswer; cost: SpanCost }) {
  const lines = price.lines ?? [];
  const scale = places(lines.map((line) => line.amount_usd));
  const unitScale = places(lines.map((line) => line.unit_price_usd));
  const added = sumUsd(lines.map((line) => line.amount_usd));
  const whole = price.total_usd ?? added;
  // A factor on the whole, such as a mark-up, stands between the lines and the total.
  const rest = whole && added && compareUsd(whole, added) !== 0 ? subtractUsd(whole, added) : null;
  return (
    <table className="slip bill">
      <caption className="sr-only">
        {cost.as_recorded ? t("How the recorded cost was computed") : t("Cost at current prices")}
      </caption>
      <tbody>
        {lines.map((line: PriceLine, index) => (
          <tr key={`${line.unit} ${index}`}>
            <th scope="row">{unitText(line.unit)}</th>
            <td className="figure end muted bill-times">
              {count(line.count)} × {usd(line.unit_price_usd, unitScale)}
              {line.per === 1 ? "" : ` / ${compact(line.per)}`}
            </td>
            <td className="figure end">{usd(line.amount_usd, scale)}</td>
          </tr>
        ))}
        {rest ? (
          <tr>
            <th scope="row" colSpan={2}>
              {t("factor on the whole")}
            </th>
            <td className="figure end">{usdSigned(rest, scale)}</td>
          </tr>
        ) : null}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row" colSpan={2}>
            {cost.as_recorded ? t("Sum") : t("Total at current prices")}
          </th>
          <td className="figure end">{whole ? usd(whole, Math.max(scale, places([whole]))) : "–"}</td>
        </tr>
      </tfoot>
    </table>
  );
}

/** The sender's own figure beside the computed one, and how far apart they are. */
function Reported({ cost, reported }: { cost: SpanCost; reported: string }) {
  const difference = subtractUsd(reported, cost.cost_usd);
  const share =
    usdPixels(cost.cost_usd) > 0 ? Math.abs(usdPixels(difference) / usdPixels(cost.cost_usd)) : null;
  const same = difference !== null && usdPixels(difference) === 0;
  return (
    <div className={cost.deviates ? "reported is-deviating" : "reported"}>
      <p className="reported-line">
        <span>
          {cost.deviates ? <i className="deviation-mark" aria-hidden="true" /> : null}
          {t("The sender reported")}
        </span>
        <span className="figure push">{usdExact(reported)}</span>
      </p>
      <p className="faint reported-line">
        <span>
          {cost.deviates
            ? t("It differs from the computed cost. The computed cost counts.")
            : t("The computed cost counts.")}
        </span>
        <span className="figure push">
          {difference === null ? "" : same ? t("the same") : usdSigned(difference, places([difference]))}
          {share === null || same ? "" : ` (${percent(share)})`}
        </span>
      </p>
    </div>
  );
}

function Facts({ cost }: { cost: SpanCost }) {
  const rule = cost.price?.rule;
  const context = Object.entries(cost.context ?? {});
  const fallbacks = cost.price?.fallbacks ?? [];
  return (
    <dl className="explain-facts">
      {rule ? (
        <>
          <dt>{t("Price entry")}</dt>
          <dd className="mono">{rule.id}</dd>
          <dt>{t("Source")}</dt>
          <dd>
            {rule.source} <span className="mono">{rule.version}</span>
          </dd>
        </>
      ) : null}
      {cost.price?.lines?.length ? (
        <>
          <dt>{t("Price as of")}</dt>
          <dd title={utcTime(cost.at)}>
            {fullTime(cost.at)} <span className="faint">{t("call start")}</span>
          </dd>
        </>
      ) : null}
      {context.map(([name, value]) => (
        <div key={name} className="explain-fact">
          <dt>{name.replaceAll("_", " ")}</dt>
          <dd className="mono">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
        </div>
      ))}
      {fallbacks.length > 0 ? (
        <>
          <dt>{t("Assumption")}</dt>
          <dd>
            {fallbacks.map((text) => (
              <p key={text}>
                {text.replace(/\b([a-z0-9]+(?:_[a-z0-9]+)*)_tokens\b/g, "$1").replaceAll("_", " ")}
              </p>
            ))}
          </dd>
        </>
      ) : null}
      <dt>{t("Billing")}</dt>
      <dd>
        {cost.billing === "subscription"
          ? t("within a subscription: list price, not billed by the call, in no sum of costs")
          : t("metered, billed by the call")}
      </dd>
    </dl>
  );
}
