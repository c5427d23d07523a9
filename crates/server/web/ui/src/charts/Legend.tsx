import type { CSSProperties } from "react";
import { Link } from "../components/Link";
import { t } from "../lib/i18n";
import { colourOf } from "./colour";
import type { Series } from "./types";

interface Props {
  series: readonly Series[];
  hidden: ReadonlySet<string>;
  toggle: (name: string, alone: boolean) => void;
}

/** The swatch shows or hides a series (with shift: it alone); its name opens the traces behind it. */
export function Legend({ series, hidden, toggle }: Props) {
  return (
    <ul className="chart-legend">
      {series.map((one, index) => {
        const off = hidden.has(one.name);
        const style = { "--c": colourOf(one.hue, index, one.rest) } as CSSProperties;
        const swatch = <i className={one.dashed ? "chart-swatch is-dashed" : "chart-swatch"} style={style} />;
        const words = (
          <>
            <span className="chart-legend-name">{one.name}</span>
            {one.total ? <span className="figure">{one.total}</span> : null}
          </>
        );
        return (
          <li key={one.name} className={off ? "is-off" : undefined}>
            <button
              type="button"
              className="chart-key"
              aria-pressed={!off}
              aria-label={one.href ? t("Show {name}", { name: one.name }) : undefined}
              title={t("Click to toggle, Shift-click to isolate")}
              onClick={(event) => toggle(one.name, event.shiftKey)}
            >
              {swatch}
              {one.href ? null : words}
            </button>
            {one.href ? (
              <Link
                className="chart-legend-link"
                href={one.href}
                title={t("The traces behind {name}", { name: one.name })}
              >
                {words}
              </Link>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}
