import { scaleLinear, scaleLog } from "d3-scale";
import type { BoxRow } from "./types";

/** A scale in percent of the width. Logarithmic where values differ more than fiftyfold. */
export function boxScale(rows: readonly BoxRow[]): { at: (value: number) => number; ticks: number[] } {
  const least = Math.min(...rows.map((row) => row.min).filter((value) => value > 0));
  const most = Math.max(...rows.map((row) => row.max));
  if (!Number.isFinite(least) || !(most > 0)) return { at: () => 0, ticks: [] };
  if (most / least > 50) {
    const scale = scaleLog().domain([least, most]).range([1, 98]).clamp(true);
    const decades = scale
      .ticks()
      .filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-6);
    return { at: (value) => scale(Math.max(least, value)), ticks: decades };
  }
  const scale = scaleLinear().domain([0, most]).range([1, 98]);
  return { at: scale, ticks: scale.ticks(4) };
}
