// What the prompt cache saved and cost, and what it could have saved.
import type { UseQueryResult } from "@tanstack/react-query";
import type { CacheAnalysis, CostAnalysis } from "../../api/money";
import { ListPrice } from "../../components/Money";
import { Answered, Panel } from "../../components/Panel";
import { count, usd, usdColumnPlaces, usdExact, usdPixels, usdSigned } from "../../lib/format";

export function CachePanel({ query }: { query: UseQueryResult<CostAnalysis> }) {
  return (
    <Panel title="Prompt cache">
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
    return <p className="part-empty">No call read from a prompt cache, and none was seen that could have.</p>;
  const amount = (value: string | null) =>
    value === null ? (
      <span className="unpriced" title="Unpriced: these models have no price for the cache">
        unpriced
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
            <th scope="row">Saved by reading</th>
            <td className="figure end muted">{count(cache.read_tokens)} tok</td>
            <td className="figure end">{amount(cache.saved_usd)}</td>
          </tr>
          <tr>
            <th scope="row">Paid more for writing</th>
            <td />
            <td className="figure end">{amount(minus(cache.write_extra_usd))}</td>
          </tr>
        </tbody>
        <tfoot>
          <tr>
            <th scope="row">Saved in all</th>
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
            <th scope="row">Missed: could have been read</th>
            <td className="figure end muted">{count(cache.missed_tokens)} tok</td>
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
          Within subscriptions: {count(apart.read_tokens)} tokens read from caches,{" "}
          <ListPrice value={apart.net_usd} places={places} /> less at list prices.
        </p>
      ) : null}
      {cache.assumption ? <p className="assumption">{cache.assumption}</p> : null}
    </>
  );
}
