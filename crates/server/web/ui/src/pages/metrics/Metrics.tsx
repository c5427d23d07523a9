// What agents measure: any stored metric, put together and over time.
import "./metrics.css";
import { useEffect, useMemo, useState } from "react";
import { useStatus } from "../../api/queries";
import { type MetricName, useMetricNames } from "../../api/signals";
import { TeachToSend } from "../../components/FirstSteps";
import { LiveButton } from "../../components/LiveButton";
import { RangePicker } from "../../components/RangePicker";
import { PageHead } from "../../components/Shell";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago } from "../../lib/time";
import { useFollowing } from "../../state/follow";
import { setParams, usePlace } from "../../state/url";
import { MetricChart } from "./MetricChart";

const FOLLOW_MS = 5_000;

export function Metrics() {
  const { params } = usePlace();
  const following = useFollowing();
  const query = useMetricNames(following ? FOLLOW_MS : false);
  const names = useMemo(
    () => [...(query.data ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1)),
    [query.data],
  );
  const chosen = names.find(({ name }) => name === params.get("name")) ?? names[0];
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

function Names({ names, chosen }: { names: readonly MetricName[]; chosen: string }) {
  const [typed, setTyped] = useState("");
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = names.filter(({ name, description }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  useEffect(() => {
    document.querySelector(".metric-name[aria-current]")?.scrollIntoView({ block: "nearest" });
  }, []);
  return (
    <nav className="metric-names" aria-label={t("Metrics")}>
      <input
        type="search"
        value={typed}
        aria-label={t("Find a metric")}
        placeholder={t("Find a metric")}
        onChange={(event) => setTyped(event.target.value)}
      />
      <ul>
        {shown.map((metric) => (
          <li key={metric.name}>
            <button
              type="button"
              className="metric-name"
              title={metric.description || metric.name}
              aria-current={metric.name === chosen ? "true" : undefined}
              onClick={() => setParams({ name: metric.name, agg: null, by: null, labels: null })}
            >
              <span className="mono">{metric.name}</span>
              <span className="faint">
                {t("{kind} · {series} series · {ago}", {
                  kind: metric.instrument.replaceAll("_", " "),
                  series: count(metric.series),
                  ago: ago(metric.last_at),
                })}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="part-empty">{t("No metric matches this name.")}</p> : null}
    </nav>
  );
}
