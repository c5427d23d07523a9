// One figure on a half circle, with a mark at its target.
import "./charts.css";
import type { ReactNode } from "react";
import { Link } from "../components/Link";
import { t } from "../lib/i18n";
import { gaugeOf } from "./gaugeScale";
import type { Unit } from "./types";
import { boundText } from "./units";

interface Props {
  value: number | null;
  /** The value in words. */
  text: ReactNode;
  unit: Unit;
  target?: number | undefined;
  /** Which way is better; without, the target is only a mark. */
  better?: "more" | "less" | undefined;
  hue: string;
  label: string;
  href?: string;
}

const RADIUS = 70;
const THICK = 14;
const CENTRE = 84;

/** A point of the half circle; 0 is its left end, 1 its right end. */
function at(share: number, radius: number): string {
  const angle = Math.PI * (1 - share);
  return `${(CENTRE + radius * Math.cos(angle)).toFixed(2)} ${(CENTRE - radius * Math.sin(angle)).toFixed(2)}`;
}

const arc = (to: number) => `M${at(0, RADIUS)}A${RADIUS} ${RADIUS} 0 0 1 ${at(to, RADIUS)}`;

export function Gauge({ value, text, unit, target, better, hue, label, href }: Props) {
  const { share, mark, met } = gaugeOf(value, target, unit, better);
  const goal = target === undefined ? null : t("target {value}", { value: boundText(unit, target) });
  const state = met === null ? null : met ? t("on target") : t("off target");
  const tone = met === null ? "" : met ? " is-met" : " is-missed";
  return (
    <div className={`gauge${tone}`}>
      <svg viewBox="0 0 168 92" role="img" aria-label={[label, goal, state].filter(Boolean).join(", ")}>
        <path className="gauge-scale" d={arc(1)} strokeWidth={THICK} />
        {share > 0 ? (
          <path
            className="gauge-value"
            d={arc(share)}
            strokeWidth={THICK}
            style={met === null ? { stroke: `var(--${hue.replace(/^--/, "")})` } : undefined}
          />
        ) : null}
        {mark === null ? null : (
          <path className="gauge-mark" d={`M${at(mark, RADIUS - THICK)}L${at(mark, RADIUS + THICK)}`} />
        )}
      </svg>
      <span className="gauge-text">{href ? <Link href={href}>{text}</Link> : text}</span>
      {goal ? (
        <span className="gauge-note">
          {goal}
          {state ? <strong> · {state}</strong> : null}
        </span>
      ) : null}
    </div>
  );
}
