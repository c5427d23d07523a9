import "./charts.css";
import type { ReactNode } from "react";
import { Link } from "../components/Link";
import { count, marked, percent } from "../lib/format";
import { t } from "../lib/i18n";
import { Sparkline } from "./Sparkline";

interface Props {
  label: string;
  value: ReactNode;
  note?: ReactNode;
  /** Change since the period before as a share of what it was, or in points of a share; null: nothing to compare with. */
  delta?: number | null | undefined;
  /** `delta` is a difference of two shares. */
  points?: boolean;
  /** The figure of the period before. */
  before?: string | undefined;
  /** Which way is better; without, neither. */
  good?: "up" | "down";
  spark?: readonly (number | null)[] | undefined;
  sparkHue?: string;
  sparkPartial?: boolean;
  href?: string | undefined;
  title?: string | undefined;
}

/** Below this a change is noise of rounding. */
const LEAST = 0.005;

export function deltaText(delta: number, points: boolean): string {
  const size = Math.abs(delta);
  if (size < (points ? LEAST / 10 : LEAST)) return t("unchanged");
  const sign = delta > 0 ? "+" : "−";
  if (points) return t("{n} points", { n: `${sign}${marked((size * 100).toFixed(1))}` });
  if (delta >= 9.5) return t("{n} times as much", { n: count(delta + 1) });
  return `${sign}${percent(size, size < 0.1 ? 1 : 0)}`;
}

/** One figure with how it went and what it was before. It opens what it is made of. */
export function Stat(props: Props) {
  const { label, value, note, delta, points = false, before, good, spark, href } = props;
  const body = (
    <>
      <span className="stat-label">{label}</span>
      <span className="stat-value" title={props.title}>
        {value}
      </span>
      <span className="stat-note">
        {delta !== undefined ? <Delta delta={delta} points={points} before={before} good={good} /> : null}
        {note ? <span className="muted">{note}</span> : null}
      </span>
      {spark ? (
        <Sparkline
          values={spark}
          label={t("{label} over time", { label })}
          {...(props.sparkHue ? { hue: props.sparkHue } : {})}
          {...(props.sparkPartial ? { partial: true } : {})}
        />
      ) : null}
    </>
  );
  return href ? (
    <Link className="stat" href={href}>
      {body}
    </Link>
  ) : (
    <div className="stat">{body}</div>
  );
}

function Delta({
  delta,
  points,
  before,
  good,
}: {
  delta: number | null;
  points: boolean;
  before: string | undefined;
  good: "up" | "down" | undefined;
}) {
  if (delta === null) return <span className="faint">{t("no earlier data")}</span>;
  const still = Math.abs(delta) < (points ? LEAST / 10 : LEAST);
  const better = good && !still ? delta > 0 === (good === "up") : null;
  const tone = better === null ? "" : better ? "is-better" : "is-worse";
  return (
    <span className={`stat-delta ${tone}`} title={t("Against the period of the same length just before")}>
      {still ? null : <i aria-hidden="true">{delta > 0 ? "▲" : "▼"}</i>}
      {deltaText(delta, points)}
      {before ? <span className="faint"> {t("from {before}", { before })}</span> : null}
    </span>
  );
}
