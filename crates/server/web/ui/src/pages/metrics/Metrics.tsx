// What agents measure: any stored metric, put together and over time.
import "./metrics.css";
import { useMemo } from "react";
import { useStatus } from "../../api/queries";
import { useMetricNames } from "../../api/signals";
import { TeachToSend } from "../../components/FirstSteps";
import { LiveButton } from "../../components/LiveButton";
import { PageHead } from "../../components/PageTop";
import { RangePicker } from "../../components/RangePicker";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { t } from "../../lib/i18n";
import { useFollowing } from "../../state/follow";
import { usePlace } from "../../state/url";
import { firstMetric } from "./course";
import { MetricChart } from "./MetricChart";
import { Names } from "./Names";

const FOLLOW_MS = 5_000;

export function Metrics() {
  const { params } = usePlace();
  const following = useFollowing();
  const query = useMetricNames(following ? FOLLOW_MS : false);
  const names = useMemo(
    () => [...(query.data ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    [query.data],
  );
  const chosen = names.find(({ name }) => name === params.get("name")) ?? firstMetric(names);
  const body = () => {
    if (query.isError && !query.data)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return <SkeletonRows rows={10} />;
    if (!chosen) return <Nothing />;
    return (
      <div className="metrics">
        <Names names={names} chosen={chosen.name} />
        <MetricChart key={chosen.name} metric={chosen} refetchMs={following ? FOLLOW_MS : false} />
      </div>
    );
  };
  return (
    <>
      <header className="top-bar">
        <span className="push" />
        <RangePicker />
        <LiveButton />
      </header>
      <PageHead title={t("Metrics")}>
        {query.isSuccess ? <span>{t("{count} metrics", { count: names.length })}</span> : null}
      </PageHead>
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}

function Nothing() {
  const status = useStatus();
  if (status.data?.store.spans === 0) return <TeachToSend what={t("metrics")} />;
  return (
    <NothingMatches what={t("metrics")}>
      <p className="state-text">{t("Metrics that agents send by OTLP are listed here.")}</p>
    </NothingMatches>
  );
}
