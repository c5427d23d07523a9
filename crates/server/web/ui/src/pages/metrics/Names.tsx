// The list of metrics: each with its newest value and its course in the range, which is read once it is in view.
import { type RefObject, useEffect, useMemo, useRef, useState } from "react";
import { type MetricName, useMetricSeries } from "../../api/signals";
import { formatUnit } from "../../charts";
import { Sparkline } from "../../charts/Sparkline";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { type Range, resolveRange } from "../../lib/time";
import { rangeOf, setParams, usePlace } from "../../state/url";
import { aggregatesOf, stepFor, unitOf } from "./aggregates";
import { courseOf } from "./course";

/** Points of a small line. */
const POINTS = 24;
const DAY_MS = 86_400_000;

export function Names({ names, chosen }: { names: readonly MetricName[]; chosen: string }) {
  const { params } = usePlace();
  const range = useMemo(() => rangeOf(params), [params]);
  const [typed, setTyped] = useState("");
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = names.filter(({ name, description }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  const list = useRef<HTMLUListElement>(null);
  // The list alone is scrolled: scrollIntoView would move the page too.
  useEffect(() => {
    const [box, chosen] = [list.current, list.current?.querySelector(".metric-name[aria-current]")];
    if (!box || !chosen) return;
    const [outer, inner] = [box.getBoundingClientRect(), chosen.getBoundingClientRect()];
    box.scrollTop += inner.top - outer.top - (outer.height - inner.height) / 2;
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
      <ul ref={list}>
        {shown.map((metric) => (
          <li key={metric.name}>
            <Entry metric={metric} range={range} isChosen={metric.name === chosen} />
          </li>
        ))}
      </ul>
      {shown.length === 0 ? <p className="part-empty">{t("No metric matches this name.")}</p> : null}
    </nav>
  );
}

function Entry({ metric, range, isChosen }: { metric: MetricName; range: Range; isChosen: boolean }) {
  const button = useRef<HTMLButtonElement>(null);
  const seen = useSeen(button);
  const [agg = "avg"] = aggregatesOf(metric);
  const { since, until } = resolveRange(range);
  const length = since ? (until ? Date.parse(until) : Date.now()) - Date.parse(since) : 30 * DAY_MS;
  const step = stepFor(length, POINTS);
  const query = useMetricSeries(
    seen ? { name: metric.name, agg, by: "", labels: {}, step } : null,
    range,
    false,
  );
  const { unit, factor } = unitOf(metric, agg);
  const course = query.data ? courseOf(query.data[0]?.points ?? [], range, step, agg) : null;
  return (
    <button
      ref={button}
      type="button"
      className="metric-name"
      title={metric.description ? `${metric.name}\n${metric.description}` : metric.name}
      aria-current={isChosen ? "true" : undefined}
      onClick={() => setParams({ name: metric.name, agg: null, by: null, labels: null })}
    >
      <span className="mono metric-title">{metric.name}</span>
      <span className="faint metric-note">
        {t("{agg} · {n} series", { agg, count: metric.series, n: count(metric.series) })}
      </span>
      <span className="figure metric-value">
        {course?.value === null || !course ? "" : formatUnit(unit, course.value * factor)}
      </span>
      <span className="metric-spark" aria-hidden="true">
        {course ? <Sparkline values={course.line} label={metric.name} height={18} hue="muted" /> : null}
      </span>
    </button>
  );
}

/** Whether an element has been in view. */
function useSeen(ref: RefObject<HTMLElement | null>): boolean {
  const [seen, setSeen] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element || seen) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setSeen(true);
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref, seen]);
  return seen;
}
