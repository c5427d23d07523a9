// Past and open episodes, and how long acknowledgements and recoveries take.
import { useState } from "react";
import { type AlertEpisode, type AlertFigures, type AlertRule, useAlertHistory } from "../../api/alerts";
import { Link } from "../../components/Link";
import { Segments } from "../../components/Segments";
import { Time } from "../../components/Time";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import { Listing } from "./Listing";
import { EpisodeState, figure, groupText, lengthText, RuleName, SeverityTag, unitOfRule } from "./parts";

const DAYS = ["1", "7", "30", "90"] as const;

export function History({ rules }: { rules: readonly AlertRule[] }) {
  const [days, setDays] = useState<(typeof DAYS)[number]>("30");
  const asked = useAlertHistory(Number(days));
  const rows = asked.data?.episodes ?? [];
  const more = (asked.data?.figures.episodes ?? 0) - rows.length;
  return (
    <>
      <div className="alert-bar">
        {asked.data ? <Totals figures={asked.data.figures} /> : <span />}
        <Segments
          label={t("Days")}
          options={DAYS.map((id) => ({ id, label: t("{count} days", { count: Number(id) }) }))}
          value={days}
          onPick={setDays}
        />
      </div>
      <Listing
        label={t("History")}
        asked={asked}
        columns={[
          { name: t("Rule") },
          { name: t("Group"), wide: true },
          { name: t("State") },
          { name: t("Start") },
          { name: t("Lasted"), figure: true },
          { name: t("Worst value"), figure: true, wide: true },
          { name: t("Acknowledged by"), wide: true },
          { name: t("Notices"), wide: true },
          { name: t("Trace"), wide: true },
        ]}
        empty={<p className="part-empty">{t("No rule has fired in this time.")}</p>}
      >
        {rows.map((row) => (
          <EpisodeLine
            key={row.id}
            row={row}
            rule={rules.find((rule) => rule.name === row.rule)}
            now={asked.dataUpdatedAt}
          />
        ))}
      </Listing>
      {more > 0 ? (
        <p className="assumption">{t("{n} earlier episodes are not shown.", { n: count(more) })}</p>
      ) : null}
    </>
  );
}

function Totals({ figures }: { figures: AlertFigures }) {
  const time = (seconds: number | null) => (seconds === null ? "–" : lengthText(seconds));
  const facts = [
    {
      name: t("Episodes"),
      value: count(figures.episodes),
      title: t("{n} withdrawn", { n: figures.withdrawn }),
    },
    { name: t("Firing"), value: count(figures.firing) },
    {
      name: t("MTTA"),
      value: time(figures.mtta_s),
      title: t("Mean time from begin to acknowledgement, of {n} acknowledged episodes", {
        n: figures.acknowledged,
      }),
    },
    {
      name: t("MTTR"),
      value: time(figures.mttr_s),
      title: t("Mean time from begin to end of resolved episodes"),
    },
  ];
  return (
    <dl className="alert-totals">
      {facts.map((fact) => (
        <div key={fact.name} title={fact.title}>
          <dt>{fact.name}</dt>
          <dd className="figure">{fact.value}</dd>
        </div>
      ))}
    </dl>
  );
}

function EpisodeLine({ row, rule, now }: { row: AlertEpisode; rule: AlertRule | undefined; now: number }) {
  const trace = row.traces[0];
  const notes = row.notices.map((one) => [one.channel, one.reason, one.status, one.note ?? ""].join(" "));
  const end = row.ended_at ? Date.parse(row.ended_at) : now;
  return (
    <tr>
      <th scope="row">
        {rule ? (
          <Link href={href("/alerts", { view: "rules", rule: row.rule })}>
            <RuleName name={row.rule} />
          </Link>
        ) : (
          <RuleName name={row.rule} />
        )}
        {Object.keys(row.group).length > 0 ? (
          <span className="alert-under" title={groupText(row.group)}>
            {groupText(row.group)}
          </span>
        ) : null}
      </th>
      <td className="wide-only alert-wraps alert-group">
        <span title={groupText(row.group)}>{groupText(row.group)}</span>
      </td>
      <td>
        <EpisodeState state={row.state} />{" "}
        {row.state === "firing" ? <SeverityTag severity={row.severity} /> : null}
      </td>
      <td>
        <Time at={row.started_at} />
      </td>
      <td className="figure">{lengthText((end - Date.parse(row.started_at)) / 1000)}</td>
      <td className="figure wide-only">{figure(row.peak, unitOfRule(rule?.effective))}</td>
      <td className="wide-only">{row.acknowledged_by ?? "–"}</td>
      <td className="wide-only" title={notes.join("\n")}>
        {[...new Set(row.notices.map((one) => one.channel))].join(", ") || "–"}
      </td>
      <td className="mono wide-only">
        {trace ? <Link href={`/traces/${trace}`}>{trace.slice(0, 8)}</Link> : "–"}
      </td>
    </tr>
  );
}
