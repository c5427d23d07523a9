import type { CSSProperties } from "react";
import { t } from "../lib/i18n";
import type { Drawn } from "./Marks";
import { stepText } from "./ticks";

interface Props {
  drawn: readonly Drawn[];
  index: number;
  start: number;
  end: number;
  /** The step is not over yet. */
  partial: boolean;
  sum: boolean;
  format: (value: number) => string;
  left: number;
  width: number;
}

const MOST = 10;

/** The values of one step, beside the line that marks it. */
export function Tip({ drawn, index, start, end, partial, sum, format, left, width }: Props) {
  const rows = drawn.map((one) => ({ ...one, value: one.values[index] ?? null }));
  const now = rows.filter((row) => !row.series.dashed);
  const many = now.length > 1;
  // Highest first, as they stand in the picture; what a stack does not hold at this time is not listed.
  const listed = (sum ? [...now].reverse() : now).filter((row) => !many || (row.value ?? 0) > 0);
  const all = now.reduce((total, row) => total + (row.value ?? 0), 0);
  const side = left > width / 2 ? { right: width - left + 12 } : { left: left + 12 };
  return (
    <div className="chart-tip" style={side}>
      <div className="chart-tip-head">
        {stepText(start, end)}
        {partial ? <span> {t("so far")}</span> : null}
      </div>
      {listed.slice(0, MOST).map((row) => (
        <Row
          key={row.series.name}
          name={row.series.name}
          colour={row.colour}
          value={row.value}
          format={format}
        />
      ))}
      {listed.length > MOST ? (
        <div className="chart-tip-more">{t("and {n} more", { n: listed.length - MOST })}</div>
      ) : null}
      {listed.length === 0 ? <div className="chart-tip-more">{t("nothing")}</div> : null}
      {sum && many && listed.length > 0 ? (
        <div className="chart-tip-row is-sum">
          <span>{t("Sum")}</span>
          <span className="figure">{format(all)}</span>
        </div>
      ) : null}
      {rows
        .filter((row) => row.series.dashed)
        .map((row) => (
          <Row
            key={row.series.name}
            name={row.series.name}
            colour={row.colour}
            value={row.value}
            format={format}
            dashed
          />
        ))}
    </div>
  );
}

function Row({
  name,
  colour,
  value,
  format,
  dashed,
}: {
  name: string;
  colour: string;
  value: number | null;
  format: (value: number) => string;
  dashed?: boolean;
}) {
  return (
    <div className={dashed ? "chart-tip-row is-before" : "chart-tip-row"}>
      <span>
        <i
          className={dashed ? "chart-swatch is-dashed" : "chart-swatch"}
          style={{ "--c": colour } as CSSProperties}
        />
        {name}
      </span>
      <span className="figure">{value === null ? t("no value") : format(value)}</span>
    </div>
  );
}
