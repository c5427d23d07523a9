// The panels below the figures: over time and the newest at the left, failures, health and spending at the
// right.
import type { Scope } from "../../api/queries";
import { HealthScore } from "../../components/HealthScore";
import { Panel } from "../../components/Panel";
import { t } from "../../lib/i18n";
import { BudgetCords } from "./BudgetCords";
import { ByModel } from "./ByModel";
import { Failures } from "./Failures";
import { Feed } from "./Feed";
import { HealthPanel } from "./Health";
import { LatencyPanel } from "./Latency";
import { Requests, Sides } from "./Requests";
import { Spenders } from "./Spenders";

export function Panels({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  return (
    <div className="overview-columns">
      <div className="overview-main">
        <div className="overview-requests">
          <Requests scope={scope} refetch={refetch} />
          <Sides scope={scope} refetch={refetch} />
        </div>
        <div className="overview-pair">
          <ByModel measure="cost" title={t("Cost by model")} scope={scope} refetch={refetch} />
          <ByModel measure="tokens" title={t("Tokens by model")} scope={scope} refetch={refetch} />
        </div>
        <LatencyPanel scope={scope} refetch={refetch} />
        <Feed scope={scope} />
      </div>
      <div className="overview-side">
        <Failures scope={scope} refetch={refetch} />
        <Panel title={t("Health score")}>
          <HealthScore />
        </Panel>
        <BudgetCords />
        <Spenders scope={scope} refetch={refetch} />
        <HealthPanel />
      </div>
    </div>
  );
}
