// What are the agents doing, does it go well, and what does it cost? Four figures first, then over time, then who, what and why.
import { lazy, Suspense } from "react";
import { useAsk } from "../../api/ask";
import { useStatus } from "../../api/queries";
import { HealthScore } from "../../components/HealthScore";
import { Panel } from "../../components/Panel";
import { PageHead, TopBar } from "../../components/Shell";
import { NothingMatches } from "../../components/States";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useScope } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { setParams } from "../../state/url";
import { TRACES } from "./asks";
import { BudgetCords } from "./BudgetCords";
import { ByModel } from "./ByModel";
import { Failures } from "./Failures";
import { Feed } from "./Feed";
import { FigureRow } from "./Figures";
import { HealthPanel } from "./Health";
import { LatencyPanel } from "./Latency";
import "./overview.css";
import { Requests, Sides } from "./Requests";
import { Spenders } from "./Spenders";

// Only a server without data needs it.
const TeachToSend = lazy(async () => ({
  default: (await import("../../components/FirstSteps")).TeachToSend,
}));

export function Overview() {
  const scope = useScope();
  const refetch = useFollowing() ? 5_000 : 30_000;
  const status = useStatus();
  const traces = useAsk(TRACES, scope, refetch);
  const body = () => {
    if (status.data?.store.spans === 0)
      return (
        <Suspense>
          <TeachToSend what={t("traces")} />
        </Suspense>
      );
    if (traces.data && traces.data.total.count === 0) {
      return (
        <NothingMatches what={t("traces")}>
          <button
            type="button"
            className="button"
            onClick={() => setParams({ range: "all", since: null, until: null, filter: null })}
          >
            {t("Show all time")}
          </button>
        </NothingMatches>
      );
    }
    return (
      <div className="overview">
        <FigureRow scope={scope} refetch={refetch} />
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
      </div>
    );
  };
  return (
    <>
      <TopBar />
      <PageHead title={t("Overview")}>
        <span>{rangeLabel(scope.range)}</span>
        <span className="faint hint-wide">{t("Drag on a chart to zoom")}</span>
      </PageHead>
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}
