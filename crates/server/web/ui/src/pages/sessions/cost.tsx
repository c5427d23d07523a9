import type { Session } from "../../api/types";
import { ListPrice, Money, NO_USAGE, reasonText } from "../../components/Money";
import { headlinePlaces } from "../../lib/format";

/** What a session cost, in a column or as a single figure. */
export function SessionCost({ session, places }: { session: Session; places?: number }) {
  if (session.cost_usd === null && session.subscription_usd)
    return <ListPrice value={session.subscription_usd} {...(places === undefined ? {} : { places })} />;
  return (
    <Money
      value={session.cost_usd}
      places={places ?? headlinePlaces(session.cost_usd ?? "0")}
      billable={session.llm_calls > 0}
      used={session.cost_reason !== NO_USAGE}
      reason={reasonText(session.cost_reason)}
    />
  );
}
