// Service level report of a month or quarter, on the screen and as a file.
import { useState } from "react";
import { reportFile, type SloReport, useSloReport } from "../../api/slos";
import { Answered, Panel } from "../../components/Panel";
import { Segments } from "../../components/Segments";
import { count, percent } from "../../lib/format";
import { t } from "../../lib/i18n";
import { utcDay } from "../../lib/time";
import type { Asked } from "../alerts/Listing";
import { lengthText } from "../alerts/parts";
import { IncidentTable } from "../incidents/IncidentTable";
import { StateName, share } from "./parts";

const PERIODS = ["month", "last-month", "quarter", "last-quarter"] as const;
type Period = (typeof PERIODS)[number];

const periodNames = (): Record<Period, string> => ({
  month: t("This month"),
  "last-month": t("Last month"),
  quarter: t("This quarter"),
  "last-quarter": t("Last quarter"),
});

export function Report() {
  const [period, setPeriod] = useState<Period>("month");
  const asked = useSloReport(period);
  const files = [
    { format: "html", name: "HTML" },
    { format: "markdown", name: "Markdown" },
    { format: "json", name: "JSON" },
  ] as const;
  return (
    <>
      <div className="alert-bar">
        <Segments
          label={t("Period")}
          options={PERIODS.map((id) => ({ id, label: periodNames()[id] }))}
          value={period}
          onPick={setPeriod}
        />
        <span className="slo-files">
          {files.map(({ format, name }) => (
            <a key={format} className="quiet-button" href={reportFile(period, format)} download>
              {name}
            </a>
          ))}
        </span>
      </div>
      <Answered query={asked} lines={5}>
        {(report) => <Page report={report} asked={asked} />}
      </Answered>
    </>
  );
}

function Page({ report, asked }: { report: SloReport; asked: Asked }) {
  return (
    <>
      <p className="muted">
        {t("{since} to {until} (UTC)", {
          since: utcDay(new Date(report.since)),
          until: utcDay(new Date(Date.parse(report.until) - 1)),
        })}
        {report.partial ? ` · ${t("The period has not ended")}` : ""}
      </p>
      <div className="alert-table">
        <table className="slip rows" aria-label={t("Objectives")}>
          <thead>
            <tr>
              <th scope="col">{t("Objective")}</th>
              <th scope="col">{t("Result")}</th>
              <th scope="col" className="figure">
                {t("Promised")}
              </th>
              <th scope="col" className="figure">
                {t("Measured")}
              </th>
              <th scope="col" className="figure wide-only">
                {t("Bad records")}
              </th>
              <th scope="col" className="figure wide-only">
                {t("Budget left")}
              </th>
              <th scope="col" className="figure wide-only">
                {t("Alerts")}
              </th>
            </tr>
          </thead>
          <tbody>
            {report.objectives.map((row) => (
              <tr key={row.name}>
                <th scope="row">{row.name}</th>
                <td>
                  <StateName state={row.verdict} />
                </td>
                <td className="figure">{share(row.objective)}</td>
                <td className="figure">{share(row.measured)}</td>
                <td className="figure wide-only">
                  {t("{bad} of {records}", { bad: count(row.bad), records: count(row.records) })}
                </td>
                <td className="figure wide-only">
                  {row.budget_left === null ? "–" : percent(row.budget_left, 0)}
                </td>
                <td className="figure wide-only">
                  {row.episodes > 0 ? `${row.episodes} · ${lengthText(row.firing_s)}` : "0"}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <Panel title={t("Incidents")}>
        <IncidentTable
          asked={asked}
          rows={report.incidents}
          now={Date.parse(report.until)}
          empty={<p className="part-empty">{t("No incident was open in the period.")}</p>}
        />
      </Panel>
    </>
  );
}
