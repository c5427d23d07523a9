// The four figures that answer the page: what it cost, how much was asked, how often it failed, how long it took.
import type { Figures } from "../../api/ask";
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { boundsOf, changeOf, figureOf, type Measure, pointsOf, unitOf } from "../../charts/measures";
import { Stat } from "../../charts/Stat";
import { formatUnit } from "../../charts/units";
import { Trouble } from "../../components/States";
import { compact, count, usdExact, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { filterHref } from "../../state/filters";
import { CALLS, TRACES } from "./asks";

interface Shown {
  measure: Measure;
  from: "calls" | "traces";
  label: string;
  good: "up" | "down";
  href: (figures: Figures) => string;
}

/** A latency as a condition of the filter, in whole milliseconds below the figure, so that it is among what is found. */
const longerThan = (ms: number | null) => (ms === null ? {} : { duration: `>=${Math.floor(ms)}ms` });

const shown = (): Shown[] => [
  {
    measure: "cost",
    from: "calls",
    label: t("Cost"),
    good: "down",
    href: () => filterHref("/traces", { cost: ">0" }, { sort: "-cost" }),
  },
  {
    measure: "count",
    from: "calls",
    label: t("LLM calls"),
    good: "up",
    href: () => filterHref("/calls"),
  },
  {
    measure: "error_rate",
    from: "traces",
    label: t("Error rate"),
    good: "down",
    href: () => filterHref("/traces", { status: "error" }),
  },
  {
    measure: "p95",
    from: "traces",
    label: t("Latency p95"),
    good: "down",
    href: (figures) => filterHref("/traces", longerThan(figureOf(figures, "p95")), { sort: "-duration" }),
  },
];

export function FigureRow({ scope, refetch }: { scope: Scope; refetch: number | false }) {
  // The sums come at once; how they went takes the server longer, and is read after them.
  const calls = useAsk({ from: "calls" }, scope, refetch);
  const traces = useAsk({ from: "traces" }, scope, refetch);
  const callsBefore = useAsk({ from: "calls" }, scope, refetch, { before: true });
  const tracesBefore = useAsk({ from: "traces" }, scope, refetch, { before: true });
  const callsOverTime = useAsk(CALLS, scope, refetch);
  const tracesOverTime = useAsk(TRACES, scope, refetch);
  const failed = calls.isError && !calls.data ? calls : traces.isError && !traces.data ? traces : null;
  if (failed) {
    return (
      <div className="overview-figures is-failed">
        <Trouble error={failed.error} retry={() => void failed.refetch()} />
      </div>
    );
  }
  return (
    <div className="overview-figures">
      {shown().map((one) => {
        const answer = (one.from === "calls" ? calls : traces).data;
        const before = (one.from === "calls" ? callsBefore : tracesBefore).data?.total;
        if (!answer) return <Waiting key={one.measure} label={one.label} />;
        const { total } = answer;
        const line = (one.from === "calls" ? callsOverTime : tracesOverTime).data;
        const change = changeOf(total, before, one.measure);
        return (
          <Stat
            key={one.measure}
            label={one.label}
            value={<Value figures={total} measure={one.measure} />}
            title={one.measure === "cost" && total.cost_usd ? usdExact(total.cost_usd) : undefined}
            note={<Note figures={total} measure={one.measure} />}
            {...(before ? { delta: change } : {})}
            before={before && change !== null ? plainText(before, one.measure) : undefined}
            points={unitOf(one.measure) === "percent"}
            {...(one.measure === "count" || one.measure === "cost" ? {} : { good: one.good })}
            spark={
              line
                ? pointsOf(line.total.points ?? [], one.measure, boundsOf(line)).map((point) => point.v)
                : []
            }
            sparkHue={one.measure === "error_rate" ? "failure" : "muted"}
            sparkPartial
            href={one.href(total)}
          />
        );
      })}
    </div>
  );
}

function Waiting({ label }: { label: string }) {
  return (
    <div className="stat is-waiting">
      <span className="stat-label">{label}</span>
      <span className="stat-value">
        <i />
      </span>
    </div>
  );
}

function plainText(figures: Figures, measure: Measure): string {
  if (measure === "cost") return figures.cost_usd === null ? t("unpriced") : usdHeadline(figures.cost_usd);
  const value = figureOf(figures, measure);
  return value === null ? "–" : measure === "count" ? compact(value) : formatUnit(unitOf(measure), value);
}

function Value({ figures, measure }: { figures: Figures; measure: Measure }) {
  if (measure === "cost" && figures.cost_usd === null) {
    if (figures.unpriced_calls > 0) return <span className="unpriced">{t("unpriced")}</span>;
    return <span className="nil">–</span>;
  }
  const value = figureOf(figures, measure);
  const failing = measure === "error_rate" && (value ?? 0) > 0;
  return <span className={failing ? "failing" : undefined}>{plainText(figures, measure)}</span>;
}

function Note({ figures, measure }: { figures: Figures; measure: Measure }) {
  if (measure === "cost") {
    return (
      <>
        {figures.unpriced_calls > 0 && figures.cost_usd !== null ? (
          <span className="unpriced-note">{t("+ {n} unpriced", { n: count(figures.unpriced_calls) })}</span>
        ) : null}
        {figures.subscription_usd ? (
          <span title={t("Calls within subscriptions at list prices: in no sum of costs")}>
            {figures.unpriced_calls > 0 && figures.cost_usd !== null ? " · " : " "}
            {t("{amount} at list price", { amount: usdHeadline(figures.subscription_usd) })}
          </span>
        ) : null}
      </>
    );
  }
  if (measure === "count") {
    const { tokens } = figures;
    return tokens ? t("{n} tokens", { count: tokens.total, n: compact(tokens.total) }) : null;
  }
  if (measure === "error_rate") {
    const n = count(figures.errors);
    return t("{n} of {all} failed", { n, all: count(figures.count) });
  }
  const spread = figures.latency_ms;
  return spread
    ? t("p50 {p50} · p99 {p99}", { p50: formatUnit("ms", spread.p50), p99: formatUnit("ms", spread.p99) })
    : null;
}
