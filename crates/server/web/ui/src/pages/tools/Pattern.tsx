// The pattern of the day: every tool by every one of the last 24 hours.
import { useMemo } from "react";
import type { ToolInsight } from "../../api/insight";
import { Heatmap } from "../../charts";
import { Segments } from "../../components/Segments";
import { t } from "../../lib/i18n";
import { navigate, setParams, usePlace } from "../../state/url";
import { detailHref } from "../roster/place";
import { WorkPart } from "../roster/WorkPage";
import { type HourMeasure, hourValue, onHours } from "./hours";

const MOST_ROWS = 14;
const ROW = 22;

export function Pattern({ tools, starts }: { tools: readonly ToolInsight[]; starts: readonly number[] }) {
  const { params } = usePlace();
  const measures = [
    { id: "calls", label: t("Calls"), unit: "count", hue: "--tool" },
    { id: "failed", label: t("Failed"), unit: "percent", hue: "--failure" },
    { id: "p95", label: "p95", unit: "ms", hue: "--warning" },
  ] as const;
  const measure = measures.find(({ id }) => id === params.get("hours")) ?? measures[0];
  const rows = useMemo(
    () => tools.filter((tool) => tool.hours.some((hour) => hour.calls > 0)).slice(0, MOST_ROWS),
    [tools],
  );
  const values = useMemo(
    () => rows.map((tool) => onHours(tool.hours, starts).map((hour) => hourValue(hour, measure.id))),
    [rows, starts, measure.id],
  );
  return (
    <WorkPart
      title={t("The last 24 hours")}
      note={
        rows.length < tools.length
          ? t("the {n} tools with the most calls", { n: rows.length })
          : t("Stronger colour means more. Click a cell to open its tool")
      }
      tools={
        <Segments<HourMeasure>
          label={t("Measure")}
          options={measures}
          value={measure.id}
          onPick={(id) => setParams({ hours: id === "calls" ? null : id }, { replace: true })}
        />
      }
    >
      {rows.length === 0 ? (
        <p className="part-empty">{t("No tool was called in the last 24 hours.")}</p>
      ) : (
        <Heatmap
          times={starts}
          rows={rows.map((tool) => tool.name)}
          values={values}
          unit={measure.unit}
          hue={measure.hue}
          height={rows.length * ROW + 24}
          onPick={(row) => {
            const tool = rows[row];
            if (tool) navigate(detailHref(tool.name));
          }}
          label={t("{measure} by tool and hour", { measure: measure.label })}
        />
      )}
    </WorkPart>
  );
}
