// What the prompt cache saved and cost, and what it could have saved.

import type { UseQueryResult } from "@tanstack/react-query";
import type { CacheAnalysis, CostAnalysis } from "../../api/money";
import { ListPrice } from "../../components/Money";
import { Answered, Panel } from "../../components/Panel";
import { count, usd, usdColumnPlaces, usdExact, usdPixels, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";

export function CachePanel({ query }: { query: UseQueryResult<CostAnalysis> }) {
  return (
    <Panel title={t("Prompt cache")}>
      <Answered query={query} lines={4}>
        {({ cache, subscription_cache }) => <Sums cache={cache} apart={subscription_cache ?? null} />}
      </Answered>
    </Panel>
  );
}

function Sums({ cache, apart }: { cache: CacheAnalysis; apart: CacheAnalysis | null }) {
  const amounts = [cache.saved_usd, cache.write_extra_usd, cache.net_usd, cache.missed_usd];
  const places = usdColumnPlaces(amounts);
  if (cache.read_tokens === 0 && cache.missed_tokens === 0 && !apart?.read_tokens)
    return (
      <p className="part-empty">
        {t("No call read from a prompt cache, and none was seen that could have.")}
      </p>
    );
  const amount = (value: string | null) =>
    value === null ? (
      <span className="unpriced" title={t("Unpriced: these models have no price for the cache")}>
        {t("unpriced")}
      </span>
    ) : (
      <span title={usdExact(value)}>
        {usdPixels(value) === 0 ? usd(value, places) : usdSigned(value, places)}
      </span>
    );
  const minus = (value: string | null) =>
    value === null || /^-|^0(\.0*)?$/.test(value) ? value : `-${value}`;
  return (
    <>
      <table className="slip">
        <tbody>
          <tr>
            <th scope="row">{t("Saved by reading")}</th>
            <td className="figure end muted">
              {t("{n} tokens", { count: cache.read_tokens, n: count(cache.read_tokens) })}
            </td>
            <td className="figure end">{amount(cache.saved_usd)}</td>
          </tr>
          <tr>
            <th scope="row">{t("Cache write surcharge")}</th>
            <td />
            <td className="figure end">{amount(minus(cache.write_extra_usd))}</td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">{t("Net saved")}</th>
            <td />
            <td className="figure end">
              <strong>{amount(cache.net_usd)}</strong>
            </td>
          </tr>
        </tfoot>
      </table>
      <table className="slip">
        <tbody>
          <tr>
            <th scope="row">{t("Missed savings")}</th>
            <td className="figure end muted">
              {t("{n} tokens", { count: cache.missed_tokens, n: count(cache.missed_tokens) })}
            </td>
            <td className="figure end">
              {cache.missed_usd === null ? (
                amount(null)
              ) : (
                <span title={usdExact(cache.missed_usd)}>{usd(cache.missed_usd, places)}</span>
              )}
            </td>
          </tr>
        </tbody>
      </table>
      {apart && apart.read_tokens > 0 && apart.net_usd !== null ? (
        <p className="apart-line">
          {t("Within subscriptions: {n} tokens read from caches. Saved at list prices:", {
            n: count(apart.read_tokens),
          })}{" "}
          <ListPrice value={apart.net_usd} places={places} />
        </p>
      ) : null}
      {cache.assumption ? <p className="assumption">{cache.assumption}</p> : null}
    </>
  );
}
