// Health score from 0 to 100: its trend, the points that each part costs, and the next step for each concern.
import "./health.css";
import { type Health, type HealthPart, type HealthScope, useHealth } from "../api/health";
import { count, duration, marked } from "../lib/format";
import { t } from "../lib/i18n";
import { filterHref } from "../state/filters";
import { href } from "../state/url";
import { Link } from "./Link";
import { Answered } from "./Panel";

const partNames = (): Record<HealthPart["name"], string> => ({
  errors: t("Failed calls"),
  latency: t("Latency"),
  tools: t("Failed tool runs"),
  prices: t("Missing prices"),
  alerts: t("Open alerts"),
});

/** The figures that a part comes from. */
function figuresOf({ name, value, against }: HealthPart): string {
  const counts = { n: count(value), all: count(against) };
  switch (name) {
    case "errors":
      return t("{n} of {all} calls failed", counts);
    case "latency":
      return t("p95 {now}, {before} in the week before", { now: duration(value), before: duration(against) });
    case "tools":
      return t("{n} of {all} tool runs failed", counts);
    case "prices":
      return t("{n} of {all} calls have no price", counts);
    case "alerts":
      if (value + against === 0) return t("No alert is open");
      return [
        value > 0 ? t("{n} critical alerts open", { n: count(value), count: value }) : null,
        against > 0 ? t("{n} other alerts open", { n: count(against), count: against }) : null,
      ]
        .filter((part) => part !== null)
        .join(", ");
  }
}

/** The next step for a concern. */
function stepOf(name: HealthPart["name"]): string {
  switch (name) {
    case "errors":
      return t("Show failed calls");
    case "latency":
      return t("Show slowest calls");
    case "tools":
      return t("Show failed tool runs");
    case "prices":
      return t("Add missing prices");
    case "alerts":
      return t("Show open alerts");
  }
}

/** Where the figures of a part can be read. */
function placeOf(part: HealthPart["name"], scope: HealthScope): string {
  const day = { range: "24h" };
  const filter = {
    ...(scope.agent ? { agent: scope.agent } : {}),
    ...(scope.tool ? { tool: scope.tool } : {}),
  };
  switch (part) {
    case "errors":
      return filterHref("/calls", filter, { ...day, state: "failed" });
    case "latency":
      return filterHref("/calls", filter, { ...day, sort: "-duration" });
    case "tools":
      return filterHref("/tool-runs", filter, { ...day, state: "failed" });
    case "prices":
      return href("/cost", day);
    case "alerts":
      return href("/alerts");
  }
}

const tone = (score: number): string => (score >= 80 ? "is-good" : score >= 50 ? "is-warm" : "is-bad");
const points = (value: number): string => marked(value.toFixed(1).replace(/\.0$/, ""));

export function HealthScore({ scope = {} }: { scope?: HealthScope }) {
  const query = useHealth(scope);
  return (
    <Answered query={query} lines={3}>
      {(health) => <Score health={health} scope={scope} />}
    </Answered>
  );
}

function Score({ health, scope }: { health: Health; scope: HealthScope }) {
  const { score } = health;
  const parts = [...health.parts].sort((one, other) => other.lost - one.lost);
  return (
    <div className="score">
      <div className="score-head">
        <span className={score === null ? "score-figure is-unknown" : `score-figure ${tone(score)}`}>
          {score === null ? "–" : points(score)}
        </span>
        <span className="score-of">
          {score === null ? t("unknown") : t("of 100")}
          <span className="faint">{t("last 24 hours")}</span>
        </span>
        <Trend trend={health.trend} />
      </div>
      {score === null ? (
        <p className="part-empty">
          {scope.tool
            ? t("Too few records: a score needs 20 tool runs in 24 hours.")
            : t("Too few records: a score needs 20 calls in 24 hours.")}
        </p>
      ) : null}
      {parts.length > 0 ? (
        <ul className="score-parts">
          {parts.map((part) => (
            <li key={part.name} className={part.score < 80 ? "is-concern" : undefined}>
              <Link href={placeOf(part.name, scope)}>
                <span className="score-name">{partNames()[part.name]}</span>
                <span className="score-why muted">
                  {figuresOf(part)}
                  {part.score < 80 ? <span className="score-step"> · {stepOf(part.name)}</span> : null}
                </span>
                <span className="figure">{part.lost < 0.05 ? "0" : `−${points(part.lost)}`}</span>
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}

/** One knot a day; the last is now. */
function Trend({ trend }: { trend: Health["trend"] }) {
  const known = trend.filter((point) => point.score !== null);
  if (known.length < 2) return null;
  const x = (index: number) => 4 + (index / Math.max(1, trend.length - 1)) * 112;
  const y = (score: number) => 34 - (score / 100) * 28;
  const first = known[0]?.score ?? 0;
  const last = known.at(-1)?.score ?? 0;
  const change = last - first;
  const text = t("{n} points in {count} days", {
    n: `${change >= 0 ? "+" : "−"}${points(Math.abs(change))}`,
    count: trend.length - 1,
  });
  return (
    <span className="score-trend" title={text}>
      <svg viewBox="0 0 120 38" role="img" aria-label={text}>
        <line className="chart-base" x1="0" x2="120" y1="34.5" y2="34.5" />
        <polyline
          points={trend
            .flatMap((one, index) => (one.score === null ? [] : [`${x(index)},${y(one.score)}`]))
            .join(" ")}
        />
        {trend.map((one, index) =>
          one.score === null ? null : <circle key={one.at} cx={x(index)} cy={y(one.score)} r="2" />,
        )}
      </svg>
      <span className="faint">{text}</span>
    </span>
  );
}
