// What was used and what did it cost, by whom? Totals first, then over time, then every line of the ledger.
import { useMemo, useState } from "react";
import { type Scope, useStatus, useUsage } from "../../api/queries";
import { PageHead, TopBar } from "../../components/Shell";
import { StackedBars } from "../../components/StackedBars";
import { Failure, Loading, NothingMatches, TeachToSend } from "../../components/States";
import { type Grain, grainOf, type Measure, rankKeys, stackBars, UNKNOWN } from "../../lib/buckets";
import { compact, count, plural, usd } from "../../lib/format";
import { rangeLabel, resolveRange } from "../../lib/time";
import { filterParams } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { rangeOf, setParams, setRange, usePlace } from "../../state/url";
import { Totals } from "./Totals";
import { UsageTable } from "./UsageTable";

export const DIMENSIONS = [
  "model",
  "provider",
  "agent",
  "framework",
  "service",
  "session",
  "user",
  "convention",
] as const;
const MEASURES: readonly { id: Measure; label: string }[] = [
  { id: "cost", label: "Cost" },
  { id: "tokens", label: "Tokens" },
  { id: "calls", label: "Calls" },
];
/** Series that the chart names; the rest is one grey series. */
const NAMED = 6;
export function seriesName(key: string | null): string {
  return key === null ? "all others" : key === UNKNOWN ? "unknown" : key;
}

/** How the parts of a bar are named: one precision for all bars, fitting the highest. */
function formatOf(measure: Measure, peak: number): (value: number) => string {
  if (measure === "tokens") return (value) => `${compact(value)} tok`;
  if (measure === "calls") return (value) => plural(value, "call");
  return (value) => usd(value.toFixed(8), peak < 10 ? 4 : 2);
}

function formatTick(measure: Measure): (value: number, step: number) => string {
  if (measure !== "cost") return (value) => compact(value).replace(/\.0+(?=[kMGT])/, "");
  return (value, step) => {
    const places =
      step >= 1 ? 0 : Math.min(6, Math.ceil(-Math.log10(step)) + (step.toString().includes("25") ? 1 : 0));
    return value === 0 ? "$0" : `$${value.toFixed(places)}`;
  };
}

function choose<T extends string>(value: string | null, allowed: readonly T[], fallback: T): T {
  return allowed.find((entry) => entry === value) ?? fallback;
}

export function Usage() {
  const { params } = usePlace();
  const scope = useMemo<Scope>(() => ({ range: rangeOf(params), filters: filterParams(params) }), [params]);
  const refetch = useFollowing() ? 5_000 : false;
  const dimension = choose(params.get("by"), DIMENSIONS, "model");
  const measure = choose(params.get("measure"), ["cost", "tokens", "calls"] as const, "cost");
  const query = useUsage(scope, dimension, refetch);
  const status = useStatus();
  const [highlight, setHighlight] = useState<string | null>(null);
  const groups = query.data?.groups;
  const named = useMemo(
    () => (groups ? rankKeys(groups, dimension, measure).slice(0, NAMED) : []),
    [groups, dimension, measure],
  );

  return (
    <>
      <TopBar />
      <PageHead title="Usage">
        <span>{rangeLabel(scope.range)}</span>
      </PageHead>
      <div className="page-body scrolls">
        {query.isError && !query.data ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.isPending ? (
          <Loading what="Adding up" />
        ) : query.data.total.llm_calls === 0 ? (
          status.data?.store.spans === 0 ? (
            <TeachToSend what="usage" />
          ) : (
            <NothingMatches what="LLM calls" />
          )
        ) : (
          <>
            <Totals total={query.data.total} scope={scope} />
            <section className="section">
              <div className="section-head">
                <Segments
                  label="Measure"
                  options={MEASURES.map(({ id, label }) => ({ id, label }))}
                  value={measure}
                  onPick={(id) => setParams({ measure: id === "cost" ? null : id }, { replace: true })}
                />
                <span className="by-what">
                  <span className="muted">by</span>
                  <Segments
                    label="Group by"
                    options={DIMENSIONS.map((id) => ({ id, label: id }))}
                    value={dimension}
                    onPick={(id) => setParams({ by: id === "model" ? null : id }, { replace: true })}
                  />
                </span>
                <span className="push faint hint-wide">drag across bars to narrow the range</span>
              </div>
              <OverTime
                scope={scope}
                dimension={dimension}
                measure={measure}
                named={named}
                highlight={highlight}
                refetch={refetch}
              />
            </section>
            <UsageTable
              groups={query.data.groups}
              total={query.data.total}
              dimension={dimension}
              measure={measure}
              named={named}
              onHighlight={setHighlight}
            />
          </>
        )}
      </div>
    </>
  );
}

interface OverTimeProps {
  scope: Scope;
  dimension: string;
  measure: Measure;
  named: readonly string[];
  highlight: string | null;
  refetch: number | false;
}

function OverTime({ scope, dimension, measure, named, highlight, refetch }: OverTimeProps) {
  const wide = grainOf(scope.range);
  const byDay = useUsage(scope, `${dimension},${wide}`, refetch);
  const days = new Set(byDay.data?.groups.map((group) => group.key.day));
  // "All that is stored" may be a single afternoon: then hours say more than two bars of days.
  const grain: Grain = wide === "day" && byDay.data && days.size <= 3 ? "hour" : wide;
  const query = useUsage(scope, `${dimension},${grain}`, refetch);
  const stack = useMemo(() => {
    const bounds = resolveRange(scope.range);
    const since = bounds.since ? Date.parse(bounds.since) : null;
    const until = bounds.until
      ? Date.parse(bounds.until) - 1
      : scope.range.preset === "all"
        ? null
        : Date.now();
    return stackBars(query.data?.groups ?? [], { dimension, grain, measure, named, since, until });
  }, [query.data, scope, dimension, grain, measure, named]);
  if (query.isError && !query.data) return <Failure error={query.error} retry={() => void query.refetch()} />;
  const format = formatOf(measure, stack.peak);
  const at = highlight === null ? -1 : named.indexOf(highlight);
  return (
    <StackedBars
      stack={stack}
      grain={grain}
      seriesClass={(index) => `series-${index < named.length ? index : "rest"} by-${dimension}`}
      seriesName={seriesName}
      format={format}
      formatTick={formatTick(measure)}
      label={`${measure} by ${dimension} over time, ${count(stack.times.length)} bars, highest ${format(stack.peak)}`}
      highlight={highlight === null ? null : at >= 0 ? at : named.length}
      onBrush={(since, until) =>
        setRange({ preset: "", since: new Date(since).toISOString(), until: new Date(until).toISOString() })
      }
    />
  );
}

interface SegmentsProps<T extends string> {
  label: string;
  options: readonly { id: T; label: string }[];
  value: T;
  onPick: (id: T) => void;
}

export function Segments<T extends string>({ label, options, value, onPick }: SegmentsProps<T>) {
  return (
    <div className="segments" role="group" aria-label={label}>
      {options.map((option) => (
        <button
          key={option.id}
          type="button"
          aria-pressed={option.id === value}
          className={option.id === value ? "segment is-chosen" : "segment"}
          onClick={() => onPick(option.id)}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
