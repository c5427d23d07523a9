// An answer as a heatmap: time by duration, or time by group.
import type { Answer, Figures } from "../api/ask";
import { t } from "../lib/i18n";
import { boundsOver, rebin } from "./bins";
import { boundsOf, groupName, isMeasure, pointsOf } from "./measures";
import type { Bin } from "./types";

export interface Heat {
  times: number[];
  rows: (number | string)[];
  values: (number | null)[][];
}

const spreadOf = (figures: Figures, measure: string) =>
  measure === "ttft" ? figures.ttft_ms : figures.latency_ms;

function bySize(answer: Answer, measure: string): Heat {
  const bounds = boundsOf(answer);
  const points = answer.total.points ?? [];
  // Of every step there is a column, also where nothing came.
  const times = pointsOf(points, "count", bounds).map((point) => point.t);
  const at = new Map(times.map((time, index) => [time, index]));
  const fine: [number, Bin[]][] = points.flatMap((point) => {
    const column = at.get(Date.parse(point.start));
    const bins = (spreadOf(point, measure)?.histogram ?? []).map(([upper, count]) => ({ upper, count }));
    return column === undefined || bins.length === 0 ? [] : [[column, bins] as [number, Bin[]]];
  });
  const rows = boundsOver(fine.map(([, bins]) => bins));
  const values = rows.map(() => times.map(() => 0));
  for (const [column, bins] of fine) {
    rebin(bins, rows).forEach((bin, row) => {
      const line = values[row];
      if (line) line[column] = bin.count;
    });
  }
  return { times, rows, values };
}

export function heatOf(answer: Answer, measure: string): Heat {
  if (!isMeasure(measure)) return bySize(answer, measure);
  const bounds = boundsOf(answer);
  const groups = answer.group_by.length > 0 ? answer.groups : [{ ...answer.total, key: {} }];
  const lines = groups.map((group) => pointsOf(group.points ?? [], measure, bounds));
  // Groups have points at different times, so the columns are those of the whole.
  const times = pointsOf(answer.total.points ?? [], measure, bounds).map((point) => point.t);
  const values = lines.map((line) => {
    const known = new Map(line.map((point) => [point.t, point.v]));
    return times.map((time) => known.get(time) ?? null);
  });
  return {
    times,
    rows: groups.map((group) =>
      answer.group_by.length > 0 ? groupName(group, t("unknown"), answer.group_by) : t("all"),
    ),
    values,
  };
}
