import type { UseQueryResult } from "@tanstack/react-query";
import type { CostAnalysis } from "../../api/money";
import { Link } from "../../components/Link";
import { ListPrice, Money } from "../../components/Money";
import { Answered, Panel } from "../../components/Panel";
import { Time } from "../../components/Time";
import { compact, count, usdColumnPlaces, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { tokensText } from "../../lib/words";
import { href } from "../../state/url";

const MOST = 10;

/** The sessions that cost most, each a link to itself. */
export function SessionsPanel({ query }: { query: UseQueryResult<CostAnalysis> }) {
  return (
    <Panel title={t("Most expensive sessions")}>
      <Answered query={query} lines={6}>
        {({ sessions }) => {
          if (sessions.length === 0)
            return <p className="part-empty">{t("No call belongs to a session.")}</p>;
          const shown = sessions.slice(0, MOST);
          const places = usdColumnPlaces(shown.map((session) => session.cost_usd));
          const most = usdPixels(shown[0]?.cost_usd) || 1;
          return (
            <table className="slip rows">
              <thead>
                <tr>
                  <th scope="col">{t("Session")}</th>
                  <th scope="col" className="rows-bar">
                    <span className="sr-only">{t("Share")}</span>
                  </th>
                  <th scope="col" className="end">
                    {t("Cost")}
                  </th>
                  <th scope="col" className="end">
                    {t("Calls")}
                  </th>
                  <th scope="col" className="end wide-only">
                    {t("Tokens")}
                  </th>
                  <th scope="col" className="end wide-only">
                    {t("Last")}
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((session) => (
                  <tr key={session.session_id}>
                    <th scope="row" className="cut">
                      <Link
                        href={href(`/sessions/${encodeURIComponent(session.session_id)}`)}
                        title={session.session_id}
                      >
                        {session.session_id}
                      </Link>
                    </th>
                    <td className="rows-bar">
                      <i
                        className="series-1 by-session"
                        style={{ width: `${(usdPixels(session.cost_usd) / most) * 100}%` }}
                      />
                    </td>
                    <td className="figure end">
                      {session.cost_usd === null && session.subscription_usd ? (
                        <ListPrice value={session.subscription_usd} places={places} />
                      ) : (
                        <Money value={session.cost_usd} places={places} />
                      )}
                    </td>
                    <td className="figure end">{count(session.llm_calls)}</td>
                    <td className="figure end wide-only" title={tokensText(session.tokens)}>
                      {compact(session.tokens)}
                    </td>
                    <td className="end muted wide-only">
                      <Time at={session.last} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          );
        }}
      </Answered>
    </Panel>
  );
}
