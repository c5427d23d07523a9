// What the cost does not hold or may hold wrongly: models without a price, and senders that say another cost.

import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import type { CostAnalysis, UnpricedModel } from "../../api/money";
import { type Scope, useUnpriced } from "../../api/queries";
import { Link } from "../../components/Link";
import { reasonText } from "../../components/Money";
import { Answered, Panel } from "../../components/Panel";
import { Time } from "../../components/Time";
import { compact, count, percent, subtractUsd, usd, usdExact, usdPixels, usdSigned } from "../../lib/format";
import { t } from "../../lib/i18n";
import { tokensText } from "../../lib/words";
import { filterHref } from "../../state/filters";
import { href, usePlace } from "../../state/url";
import { Num } from "../roster/parts";

const FIRST = 8;

interface Props {
  scope: Scope;
  query: UseQueryResult<CostAnalysis>;
  refetch: number | false;
}

export function UnpricedPanel({ scope, query, refetch }: Props) {
  const unpriced = useUnpriced(scope, refetch);
  return (
    <Panel title={t("Unpriced or uncertain")}>
      <Answered query={unpriced} lines={3}>
        {(models) =>
          models.length === 0 ? (
            <p className="part-empty">{t("Every call that reported its usage has a price.")}</p>
          ) : (
            <Models models={models} />
          )
        }
      </Answered>
      {query.data ? <Deviations found={query.data.deviations} /> : null}
    </Panel>
  );
}

function Models({ models }: { models: readonly UnpricedModel[] }) {
  const { params } = usePlace();
  const [all, setAll] = useState(false);
  const rest = Object.fromEntries([...params].filter(([name]) => !["by", "measure", "per"].includes(name)));
  return (
    <>
      <table className="slip rows">
        <thead>
          <tr>
            <th scope="col">{t("Unpriced model")}</th>
            <th scope="col" className="end">
              {t("Calls")}
            </th>
            <th scope="col" className="end">
              {t("Tokens")}
            </th>
            <th scope="col" className="end wide-only">
              {t("Last")}
            </th>
          </tr>
        </thead>
        <tbody>
          {models.slice(0, all ? undefined : FIRST).map((row) => (
            <tr key={`${row.provider} ${row.model} ${row.reason}`}>
              <th scope="row" className="two-line">
                <span className="cut">
                  {row.model ? (
                    <Link href={href("/traces", { ...rest, model: row.model })} title={row.model}>
                      {row.model}
                    </Link>
                  ) : (
                    <span className="faint">{t("unnamed")}</span>
                  )}
                  {row.provider ? <span className="faint"> {row.provider}</span> : null}
                </span>
                <span className="unpriced-note">{reasonText(row.reason)}</span>
              </th>
              <td className="figure end">
                <Num
                  value={row.calls}
                  to={filterHref(
                    "/calls",
                    { model: row.model ?? null },
                    { provider: row.provider ?? "-", state: "unpriced" },
                  )}
                />
              </td>
              <td className="figure end" title={tokensText(row.tokens)}>
                {compact(row.tokens)}
              </td>
              <td className="end muted wide-only">{row.last_seen ? <Time at={row.last_seen} /> : "–"}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {models.length > FIRST ? (
        <button type="button" className="quiet-button" onClick={() => setAll(!all)}>
          {all ? t("Only the {n} largest", { n: FIRST }) : t("All {n}", { n: count(models.length) })}
        </button>
      ) : null}
      <p className="assumption">
        {t("Largest first. Add a price in the user price book, then recalculate past costs.")}
      </p>
    </>
  );
}

function Deviations({ found }: { found: CostAnalysis["deviations"] }) {
  if (found.calls === 0)
    return <p className="part-empty">{t("Costs reported by senders agree with the computed ones.")}</p>;
  const difference = subtractUsd(found.reported_usd, found.computed_usd);
  const share =
    usdPixels(found.computed_usd) > 0 ? usdPixels(difference) / usdPixels(found.computed_usd) : null;
  return (
    <p className="deviation">
      <i className="deviation-mark" aria-hidden="true" />
      <span>
        {t("For {n} calls the sender reports another cost: {reported} where {computed} is computed.", {
          count: found.calls,
          n: count(found.calls),
          reported: found.reported_usd ? usd(found.reported_usd, 4) : "–",
          computed: found.computed_usd ? usd(found.computed_usd, 4) : "–",
        })}{" "}
        {difference ? (
          <span className="figure" title={usdExact(difference)}>
            ({usdSigned(difference, 4)}
            {share === null ? "" : `, ${percent(Math.abs(share))}`}){" "}
          </span>
        ) : null}
        {t("The computed cost counts.")}
      </span>
    </p>
  );
}
