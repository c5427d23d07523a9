// How many traces began when, the failed ones in red. Dragging narrows the range.
import { useMemo } from "react";
import { useAsk } from "../../api/ask";
import type { Scope } from "../../api/queries";
import { boundsOf, TimeChart } from "../../charts";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";

export function Strip({ scope, following, ready }: { scope: Scope; following: boolean; ready: boolean }) {
  const query = useAsk({ from: "traces", step: "auto" }, scope, following ? 10_000 : false, {
    enabled: ready,
  });
  const answer = query.data;
  const series = useMemo(() => {
    const points = answer?.total.points ?? [];
    const at = (start: string) => Date.parse(start);
    return [
      {
        name: t("failed"),
        hue: "--failure",
        points: points.map((point) => ({ t: at(point.start), v: point.errors })),
      },
      {
        name: t("others"),
        hue: "--other",
        points: points.map((point) => ({ t: at(point.start), v: point.count - point.errors })),
      },
    ];
  }, [answer]);
  if (query.isError && !answer)
    return (
      <div className="strip is-missing">
        <Trouble error={query.error} retry={() => void query.refetch()} />
      </div>
    );
  if (!answer?.step_ms) return <div className="strip" />;
  const bounds = boundsOf(answer);
  return (
    <div className="strip">
      <TimeChart
        shape="bar"
        stacked
        legend={false}
        height={72}
        unit="count"
        series={series}
        since={bounds.since}
        until={bounds.until}
        stepMs={answer.step_ms}
        label={t("Traces over time")}
      />
    </div>
  );
}
