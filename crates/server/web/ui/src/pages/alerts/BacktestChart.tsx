// How often a rule would have fired: the worst value over time, its threshold, and the episodes.
import type { AlertBacktest, RuleKeys } from "../../api/alerts";
import { TimeChart } from "../../charts";
import { Time } from "../../components/Time";
import { t } from "../../lib/i18n";
import { figure, groupText, lengthText, unitOfRule } from "./parts";

/** Episodes below the chart. */
const LISTED = 5;

interface Props {
  test: AlertBacktest;
  rule: RuleKeys;
  days: number;
  /** When it was asked, in Unix milliseconds. */
  until: number;
}

export function BacktestChart({ test, rule, days, until }: Props) {
  const unit = unitOfRule(rule);
  const since = until - days * 86_400_000;
  const step = Math.max((until - since) / 240, test.every_ms);
  const bands = test.episodes.map((one) => ({
    from: Date.parse(one.from),
    to: one.to ? Date.parse(one.to) : until,
  }));
  const last = [...test.episodes].reverse().slice(0, LISTED);
  const more = test.episodes.length - last.length;
  return (
    <div className="backtest">
      <p className={test.episodes.length > 0 ? "backtest-sum is-fired" : "backtest-sum"} role="status">
        {test.episodes.length > 0
          ? t("Would have fired {count} times in {days} days, {time} in total", {
              count: test.episodes.length,
              days,
              time: lengthText(test.firing_s),
            })
          : t("Would not have fired in {days} days", { days })}
      </p>
      {test.curve.length > 0 ? (
        <TimeChart
          series={[
            {
              name: t("Worst value"),
              hue: "--llm",
              points: test.curve.map((point) => ({ t: Date.parse(point.at), v: point.value })),
            },
          ]}
          unit={unit}
          since={since}
          until={until}
          stepMs={step}
          onBrush={null}
          height={150}
          label={t("Worst value of all groups")}
          legend={false}
          target={test.threshold}
          targetText={(value) => t("threshold {value}", { value })}
          bands={bands}
        />
      ) : (
        <p className="part-empty">{t("There are no records in this time.")}</p>
      )}
      {last.length > 0 ? (
        <ul className="backtest-list">
          {last.map((one) => (
            <li key={`${one.from} ${groupText(one.group)}`}>
              <Time at={one.from} />
              <span className="muted">
                {one.to ? lengthText((Date.parse(one.to) - Date.parse(one.from)) / 1000) : t("still open")}
              </span>
              <span className="figure">{figure(one.peak, unit)}</span>
              {Object.keys(one.group).length > 0 ? (
                <span className="muted backtest-group">{groupText(one.group)}</span>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
      {more > 0 ? (
        <p className="assumption">{t("{n} earlier episodes are not shown.", { n: more })}</p>
      ) : null}
    </div>
  );
}
