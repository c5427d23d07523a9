// Names from the largest amount down, each with its bar. A list by itself, so it needs no other form to be read out.
import "./charts.css";
import type { CSSProperties } from "react";
import { Link } from "../components/Link";
import { t } from "../lib/i18n";
import { colourOf } from "./colour";
import type { BarRow, Unit } from "./types";
import { formatUnit } from "./units";

interface Props {
  rows: readonly BarRow[];
  unit: Unit;
  label?: string;
  /** One hue for all; a row's own comes first. */
  hue?: string;
}

export function Bars({ rows, unit, label, hue }: Props) {
  const peak = Math.max(0, ...rows.map((row) => row.value ?? 0));
  return (
    <ol className="hbars" aria-label={label}>
      {rows.map((row, index) => {
        const text =
          row.text ??
          (row.value === null ? (unit === "usd" ? t("unpriced") : "–") : formatUnit(unit, row.value, peak));
        const body = (
          <>
            <span className="hbar-name">{row.name}</span>
            {row.note ? <span className="hbar-note faint">{row.note}</span> : null}
            <span className="hbar-value figure">{text}</span>
            <i
              className="hbar"
              style={
                {
                  "--c": colourOf(row.hue ?? hue ?? "llm", index),
                  width: peak > 0 ? `${((row.value ?? 0) / peak) * 100}%` : 0,
                } as CSSProperties
              }
            />
          </>
        );
        return (
          <li key={row.name} title={row.name}>
            {row.href ? <Link href={row.href}>{body}</Link> : <span>{body}</span>}
          </li>
        );
      })}
    </ol>
  );
}
