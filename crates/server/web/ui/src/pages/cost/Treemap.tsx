// Shares of the whole as areas: one tile for each line of the ledger, the largest first. A tile opens its calls.
import { useMemo, useRef } from "react";
import type { UsageGroup } from "../../api/types";
import { Link } from "../../components/Link";
import { type Grain, keyOf, type Measure, measureOf, rankKeys, UNKNOWN } from "../../lib/buckets";
import { percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { treemap } from "../../lib/treemap";
import { useWidth } from "../../state/screen";
import { callsBehind } from "./behind";
import {
  type Dimension,
  formatOf,
  groupByOf,
  measureTitle,
  NAMED,
  seriesClass,
  seriesName,
} from "./dimensions";

interface Props {
  groups: readonly UsageGroup[];
  dimension: Dimension;
  grain: Grain;
  measure: Measure;
  onHighlight: (key: string | null) => void;
}

/** Tiles of their own; the rest is one more. */
const MOST_TILES = 40;
const HEIGHT = 240;
/** Pixels that a name needs, a value's letters need, and both need around them. */
const NAME_WIDTH = 64;
const NAME_HEIGHT = 28;
const VALUE_HEIGHT = 48;
const LETTER = 7.4;
const AROUND = 22;
/** Least width and height of a link (WCAG 2.2, 2.5.8). */
const TARGET = 24;

interface Part {
  /** Null for the rest. */
  key: string | null;
  value: number;
}

/** The largest keys, and what is left of the whole. */
function partsOf(groups: readonly UsageGroup[], by: string, measure: Measure): Part[] {
  const sums = new Map<string, number>();
  for (const group of groups)
    sums.set(keyOf(group, by), (sums.get(keyOf(group, by)) ?? 0) + measureOf(group, measure));
  const parts: Part[] = rankKeys(groups, by, measure).map((key) => ({ key, value: sums.get(key) ?? 0 }));
  const rest = parts.splice(MOST_TILES).reduce((sum, { value }) => sum + value, 0);
  return rest > 0 ? [...parts, { key: null, value: rest }] : parts;
}

export function Treemap(props: Props) {
  const { groups, dimension, grain, measure } = props;
  const by = groupByOf(dimension, grain);
  const parts = useMemo(() => partsOf(groups, by, measure), [groups, by, measure]);
  if (parts.length === 0) return <p className="part-empty">{t("No data in this range")}</p>;
  return <Tiles {...props} by={by} parts={parts} />;
}

function Tiles({
  groups,
  dimension,
  grain,
  measure,
  onHighlight,
  by,
  parts,
}: Props & { by: string; parts: Part[] }) {
  const box = useRef<HTMLUListElement>(null);
  const width = useWidth(box);
  const named = useMemo(() => rankKeys(groups, by, measure).slice(0, NAMED), [groups, by, measure]);
  const whole = parts.reduce((sum, { value }) => sum + value, 0);
  const tiles = treemap(
    parts.map(({ value }) => value),
    width,
    HEIGHT,
  );
  const format = formatOf(measure, parts[0]?.value ?? 0);
  const label = t("Share of {measure}", { measure: measureTitle(measure) });
  return (
    <ul ref={box} className="treemap" style={{ height: HEIGHT }} aria-label={label}>
      {tiles.map((tile) => {
        const { key, value } = parts[tile.index] ?? { key: null, value: 0 };
        const name = key === UNKNOWN ? t("unknown") : seriesName(key);
        const share = percent(value / whole);
        const [across, down] = [tile.w * width, tile.h * HEIGHT];
        // Smaller ones cannot be hit; the table below has the same links.
        const isTarget = across >= TARGET && down >= TARGET;
        const isNamed = across >= NAME_WIDTH && down >= NAME_HEIGHT;
        const both = `${format(value)} · ${share}`;
        const fits = (text: string) => text.length * LETTER + AROUND <= across;
        const words = (
          <>
            {isNamed ? <span className="tile-name">{name}</span> : null}
            {isNamed && down >= VALUE_HEIGHT && fits(both) ? (
              <span className="tile-value figure">{both}</span>
            ) : isNamed && down >= VALUE_HEIGHT && fits(share) ? (
              <span className="tile-value figure">{share}</span>
            ) : null}
          </>
        );
        const series = key === null ? "series-rest" : seriesClass(dimension, named, key);
        const about = `${name}: ${format(value)}, ${share}`;
        const place = {
          left: `${tile.x * 100}%`,
          top: `${tile.y * 100}%`,
          width: `${tile.w * 100}%`,
          height: `${tile.h * 100}%`,
        };
        return (
          <li key={key ?? ""} style={place}>
            {key === null || !isTarget ? (
              <span className={`tile ${isNamed ? "" : "is-small"} ${series}`} title={about}>
                {isNamed ? words : <span className="sr-only">{about}</span>}
              </span>
            ) : (
              <Link
                className={`tile ${isNamed ? "" : "is-small"} ${series}`}
                href={callsBehind(dimension, key, grain, measure === "calls" ? {} : { sort: `-${measure}` })}
                title={about}
                aria-label={isNamed ? undefined : about}
                onPointerEnter={() => onHighlight(key)}
                onPointerLeave={() => onHighlight(null)}
              >
                {words}
              </Link>
            )}
          </li>
        );
      })}
    </ul>
  );
}
