// Parts of a whole. The table beside the ring says the same in figures, so the ring is for the glance only.
import "./charts.css";
import { arc, pie } from "d3-shape";
import { type CSSProperties, useState } from "react";
import { Link } from "../components/Link";
import { percent } from "../lib/format";
import { t } from "../lib/i18n";
import { colourOf } from "./colour";
import type { Part, Unit } from "./types";
import { formatUnit } from "./units";

interface Props {
  parts: readonly Part[];
  unit: Unit;
  label?: string;
  /** What stands in the ring, where the sum of the lengths is not the exact figure. */
  total?: string;
}

const ring = pie<Part>()
  .value((part) => part.value)
  .sort(null)
  .padAngle(0.012);

export function Donut({ parts, unit, label, total }: Props) {
  const [over, setOver] = useState<number | null>(null);
  const name = label ?? t("Shares");
  const sum = parts.reduce((all, part) => all + part.value, 0);
  const slices = ring([...parts]);
  const shape = (wide: boolean) =>
    arc<(typeof slices)[number]>()
      .innerRadius(52)
      .outerRadius(wide ? 80 : 77);
  const text = (part: Part) => part.text ?? formatUnit(unit, part.value, sum);
  const at = over === null ? undefined : parts[over];
  return (
    <div className="donut-box">
      <div className="donut">
        <svg viewBox="-82 -82 164 164" role="img" aria-label={name}>
          {slices.map((slice, index) => (
            <path
              key={slice.data.name}
              className={over !== null && over !== index ? "donut-part is-dim" : "donut-part"}
              style={{ "--c": colourOf(slice.data.hue, index, slice.data.rest) } as CSSProperties}
              d={shape(over === index)(slice) ?? ""}
              onPointerEnter={() => setOver(index)}
              onPointerLeave={() => setOver(null)}
            />
          ))}
          <text className="donut-sum" textAnchor="middle" y={at ? -2 : 6}>
            {at ? percent(sum > 0 ? at.value / sum : 0, 1) : (total ?? formatUnit(unit, sum))}
          </text>
          {at ? (
            <text className="donut-name" textAnchor="middle" y={16}>
              {at.name.length > 14 ? `${at.name.slice(0, 13)}…` : at.name}
            </text>
          ) : null}
        </svg>
        <table aria-label={name}>
          <tbody>
            {parts.map((part, index) => (
              <tr
                key={part.name}
                onPointerEnter={() => setOver(index)}
                onPointerLeave={() => setOver(null)}
                className={over === index ? "is-over" : undefined}
              >
                <th scope="row" title={part.name}>
                  <i
                    className="chart-swatch"
                    style={{ "--c": colourOf(part.hue, index, part.rest) } as CSSProperties}
                  />
                  {part.href ? <Link href={part.href}>{part.name}</Link> : part.name}
                </th>
                <td className="figure end">{text(part)}</td>
                <td className="figure end muted">{sum > 0 ? percent(part.value / sum, 0) : "–"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}
