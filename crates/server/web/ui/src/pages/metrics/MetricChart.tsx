// One metric: how it is put together, its chart, and its series as figures.
import { useMemo } from "react";
import { type MetricName, type MetricSeries, useMetricSeries } from "../../api/signals";
import { formatterOf, type Series, TimeChart } from "../../charts";
import { Segments } from "../../components/Segments";
import { NothingMatches, Trouble } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { resolveRange } from "../../lib/time";
import { rangeOf, setParams, usePlace } from "../../state/url";
import { type Aggregate, aggregatesOf, stepFor, unitOf } from "./aggregates";

const DRAWN = 12;
const LISTED = 100;
const DAY_MS = 86_400_000;

function labelsOf(text: string | null): Record<string, string> {
  try {
    const read: unknown = JSON.parse(text ?? "{}");
    return typeof read === "object" && read !== null ? (read as Record<string, string>) : {};
  } catch {
    return {};
  }
}

const nameOf = (labels: Record<string, string>): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(" ") || t("all series");

/** Where the picture begins and ends: the range, else what there are points of. */
function boundsOf(range: ReturnType<typeof rangeOf>, series: readonly MetricSeries[]) {
  const { since, until } = resolveRange(range);
  const times = series.flatMap(({ points }) =>
    [points[0], points[points.length - 1]].flatMap((point) => (point ? [Date.parse(point[0])] : [])),
  );
  const end = until ? Date.parse(until) : Date.now();
  const begin = since ? Date.parse(since) : Math.min(end - 60_000, ...times);
  return { since: begin, until: end };
}

export function MetricChart({ metric, refetchMs }: { metric: MetricName; refetchMs: number | false }) {
  const { params } = usePlace();
  const range = useMemo(() => rangeOf(params), [params]);
  const aggregates = aggregatesOf(metric);
  const agg = aggregates.find((one) => one === params.get("agg")) ?? (aggregates[0] as Aggregate);
  const by = params.get("by") ?? "";
  const labels = useMemo(() => labelsOf(params.get("labels")), [params]);
  const { since: from, until: to } = resolveRange(range);
  const length = from ? (to ? Date.parse(to) : Date.now()) - Date.parse(from) : 30 * DAY_MS;
  const step = stepFor(length);
  const query = useMetricSeries(
    { name: metric.name, agg, by: by === "*" ? null : by, labels, step },
    range,
    refetchMs,
  );
  const every = useMetricSeries(
    { name: metric.name, agg: "count", by: null, labels: {}, step: DAY_MS },
    range,
    false,
  );
  const keys = useMemo(
    () => [...new Set((every.data ?? []).flatMap((series) => Object.keys(series.labels)))].sort(),
    [every.data],
  );
  const { unit, factor } = unitOf(metric, agg);
  const ranked = useMemo(() => rank(query.data ?? []), [query.data]);
  const bounds = boundsOf(range, query.data ?? []);
  const drawn: Series[] = ranked.slice(0, DRAWN).map((series) => ({
    name: nameOf(series.labels),
    points: series.points.map(([at, value]) => ({
      t: Date.parse(at),
      v: value === null ? null : value * factor,
    })),
  }));
  return (
    <section className="metric">
      <header>
        <h2 className="mono">{metric.name}</h2>
        <p className="muted">
          {metric.description}
          {metric.unit ? <span className="faint"> {t("in {unit}", { unit: metric.unit })}</span> : null}
        </p>
      </header>
      <div className="metric-controls">
        <Segments
          label={t("Figure")}
          options={aggregates.map((id) => ({ id, label: id }))}
          value={agg}
          onPick={(id) => setParams({ agg: id === aggregates[0] ? null : id }, { replace: true })}
        />
        <label>
          <span className="muted">{t("by")}</span>
          <select
            value={by}
            onChange={(event) => setParams({ by: event.target.value || null }, { replace: true })}
          >
            <option value="">{t("Combine all")}</option>
            <option value="*">{t("By series")}</option>
            {keys.map((key) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </label>
        <Labels keys={keys} labels={labels} every={every.data ?? []} />
      </div>
      {query.isError && !query.data ? (
        <Trouble error={query.error} retry={() => void query.refetch()} />
      ) : query.isSuccess && drawn.length === 0 ? (
        <NothingMatches what={t("points")} />
      ) : (
        <>
          <TimeChart
            shape={agg === "sum" || agg === "count" ? "bar" : "line"}
            stacked={agg === "sum" || agg === "count"}
            series={drawn}
            unit={unit}
            since={bounds.since}
            until={bounds.until}
            stepMs={step}
            height={280}
            label={t("{name}, {agg}, over time", { name: metric.name, agg })}
          />
          <Table series={ranked} factor={factor} format={formatterOf(unit, peak(ranked) * factor)} />
        </>
      )}
    </section>
  );
}

const values = (series: MetricSeries): number[] =>
  series.points.flatMap(([, value]) => (value === null ? [] : [value]));
const most = (series: MetricSeries): number => Math.max(0, ...values(series));
const peak = (all: readonly MetricSeries[]): number => Math.max(0, ...all.map(most));

/** The largest first. */
function rank(all: readonly MetricSeries[]): MetricSeries[] {
  return [...all].sort((a, b) => most(b) - most(a));
}

interface LabelsProps {
  keys: readonly string[];
  labels: Record<string, string>;
  every: readonly MetricSeries[];
}

/** Labels that must have a value: those chosen, and one more to choose. */
function Labels({ keys, labels, every }: LabelsProps) {
  const set = (next: Record<string, string>) =>
    setParams({ labels: Object.keys(next).length > 0 ? JSON.stringify(next) : null }, { replace: true });
  const left = keys.filter((key) => !(key in labels));
  const valuesOf = (key: string) => [...new Set(every.flatMap((series) => series.labels[key] ?? []))].sort();
  return (
    <>
      {Object.entries(labels).map(([key, value]) => (
        <label key={key}>
          <span className="muted">{key}</span>
          <select
            value={value}
            onChange={(event) => {
              const { [key]: _, ...rest } = labels;
              set(event.target.value ? { ...rest, [key]: event.target.value } : rest);
            }}
          >
            <option value="">{t("any")}</option>
            {[...new Set([...valuesOf(key), value])].map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        </label>
      ))}
      {left.length > 0 ? (
        <label>
          <span className="muted">{t("Filter label")}</span>
          <select
            value=""
            onChange={(event) => {
              const key = event.target.value;
              const [value] = valuesOf(key);
              if (value !== undefined) set({ ...labels, [key]: value });
            }}
          >
            <option value="">{t("a label …")}</option>
            {left.map((key) => (
              <option key={key} value={key}>
                {key}
              </option>
            ))}
          </select>
        </label>
      ) : null}
    </>
  );
}

interface TableProps {
  series: readonly MetricSeries[];
  factor: number;
  format: (value: number) => string;
}

function Table({ series, factor, format }: TableProps) {
  const mean = (all: number[]) => all.reduce((sum, value) => sum + value, 0) / all.length;
  const shown = (value: number) => (Number.isFinite(value) ? format(value * factor) : "–");
  return (
    <div className="scroll-x" role="region" aria-label={t("Series")} tabIndex={0}>
      <table className="slip rows">
        <thead>
          <tr>
            <th scope="col">{t("Series")}</th>
            <th scope="col" className="end">
              {t("Min")}
            </th>
            <th scope="col" className="end">
              {t("Avg")}
            </th>
            <th scope="col" className="end">
              {t("Max")}
            </th>
            <th scope="col" className="end">
              {t("Last")}
            </th>
          </tr>
        </thead>
        <tbody>
          {series.slice(0, LISTED).map((one) => {
            const all = values(one);
            return (
              <tr key={nameOf(one.labels)}>
                <th scope="row" className="cut mono" title={nameOf(one.labels)}>
                  {nameOf(one.labels)}
                </th>
                <td className="figure">{shown(Math.min(...all))}</td>
                <td className="figure">{shown(mean(all))}</td>
                <td className="figure">{shown(Math.max(...all))}</td>
                <td className="figure">{shown(all[all.length - 1] ?? Number.NaN)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      {series.length > DRAWN ? (
        <p className="assumption">
          {t("The chart shows the {drawn} largest of {all} series. Combine series or filter by label.", {
            drawn: DRAWN,
            all: count(series.length),
          })}
        </p>
      ) : null}
    </div>
  );
}
