// Figures as the work pages write them: linked to what they count, aligned, and honest about what is unknown.
import type { ReactNode } from "react";
import type { Spread } from "../../api/ask";
import type { ErrorKind } from "../../api/insight";
import { Link } from "../../components/Link";
import { type Cause, causesOf } from "../../lib/cause";
import { compact, count, duration, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import type { Scale } from "./kinds";

/** A figure that opens what it counts. Nought opens nothing. */
export function Num({
  value,
  to,
  failing = false,
  text,
  title,
}: {
  value: number | null;
  to: string;
  failing?: boolean;
  text?: string;
  title?: string;
}) {
  if (value === null) return <Nil />;
  if (value === 0) return <span className="figure nil">0</span>;
  return (
    <Link className={failing ? "figure num failing" : "figure num"} href={to} title={title ?? count(value)}>
      {text ?? count(value)}
    </Link>
  );
}

export function Nil({ title }: { title?: string }) {
  return (
    <span className="nil" title={title ?? t("not known")}>
      –
    </span>
  );
}

/** Failed ones and their share, in words of two widths. */
export function Failed({ errors, of, to }: { errors: number; of: number; to: string }) {
  if (errors === 0) return <span className="figure nil">0</span>;
  return (
    <span className="failed">
      <Num value={errors} to={to} failing />
      <span className="figure faint"> {percent(of > 0 ? errors / of : 0, 0)}</span>
    </span>
  );
}

/** Input that came from the provider's cache, as a share with its bar. */
export function CacheShare({ read, input }: { read: number; input: number }) {
  if (input === 0) return <Nil title={t("no input tokens were reported")} />;
  const share = read / input;
  return (
    <span
      className="share"
      title={t("{read} of {input} input tokens were read from the cache", {
        read: count(read),
        input: count(input),
      })}
    >
      <span className="figure">{percent(share, 0)}</span>
      <i className="share-line" aria-hidden="true">
        <i style={{ width: `${Math.min(100, share * 100)}%` }} />
      </i>
    </span>
  );
}

/** What a scale reaches over, for the head of its column. */
export const scaleText = ({ low, high }: Scale): string =>
  t("{low} to {high}", { low: duration(low), high: duration(high) });

/** A spread as a box: half of all within it, the mark at the median, the line from the shortest to 95 of 100. */
export function SpreadBox({
  spread,
  scale,
  hue = "llm",
}: {
  spread: Spread | null;
  scale: Scale;
  hue?: string;
}) {
  if (!spread) return <Nil />;
  const { low, high } = scale;
  const at = (value: number) => {
    const share = Math.log(Math.max(low, value) / low) / Math.log(high / low);
    return `${(Math.min(1, Math.max(0, share)) * 100).toFixed(2)}%`;
  };
  const title = t("min {min} · p25 {p25} · p50 {p50} · p75 {p75} · p95 {p95} · p99 {p99} · max {max}", {
    min: duration(spread.min),
    p25: duration(spread.p25),
    p50: duration(spread.p50),
    p75: duration(spread.p75),
    p95: duration(spread.p95),
    p99: duration(spread.p99),
    max: duration(spread.max),
  });
  return (
    <span className={`spread hue-${hue}`} title={title} role="img" aria-label={title}>
      <i
        className="spread-line"
        style={{ left: at(spread.min), width: `calc(${at(spread.p95)} - ${at(spread.min)})` }}
      />
      <i
        className="spread-box"
        style={{ left: at(spread.p25), width: `calc(${at(spread.p75)} - ${at(spread.p25)})` }}
      />
      <i className="spread-tick" style={{ left: at(spread.p95) }} />
      <i className="spread-knot" style={{ left: at(spread.p50) }} />
    </span>
  );
}

/** What went wrong, the most frequent first; each opens the failures it counts. */
export function ErrorKinds({
  kinds,
  to,
}: {
  kinds: readonly ErrorKind[];
  /** The list of the failures with this cause. */
  to: (cause: Cause) => string;
}) {
  if (kinds.length === 0) return <p className="part-empty">{t("No failures in this range")}</p>;
  return (
    <ul className="kinds">
      {causesOf(kinds).map((cause) => (
        <li key={cause.key}>
          <Link
            className="figure num failing"
            href={to(cause)}
            title={t("Failures with this cause")}
            aria-label={t("{n} × {error}", { n: count(cause.count), error: cause.label })}
          >
            {t("{n} ×", { n: compact(cause.count) })}
          </Link>
          <span className="kinds-text" title={cause.errors.slice(0, 5).join("\n\n")}>
            {cause.label}
          </span>
          {cause.trace_id ? (
            <Link className="quiet-button" href={href(`/traces/${cause.trace_id}`)}>
              {t("Example trace")}
            </Link>
          ) : null}
        </li>
      ))}
    </ul>
  );
}

export interface Fact {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  title?: string;
}

/** Figures of one thing in a grid of few columns. */
export function Facts({ facts }: { facts: readonly Fact[] }) {
  return (
    <dl className="work-facts">
      {facts.map((fact) => (
        <div key={fact.label} title={fact.title}>
          <dt>{fact.label}</dt>
          <dd>{fact.value}</dd>
          {fact.note ? <dd className="work-facts-note">{fact.note}</dd> : null}
        </div>
      ))}
    </dl>
  );
}
