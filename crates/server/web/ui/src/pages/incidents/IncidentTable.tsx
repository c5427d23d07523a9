// Table of incidents, on their own page and in a service level report.
import type { ReactNode } from "react";
import type { Incident } from "../../api/incidents";
import { Link } from "../../components/Link";
import { Time } from "../../components/Time";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import { type Asked, Listing } from "../alerts/Listing";
import { lengthText, SeverityTag } from "../alerts/parts";

interface Props {
  asked: Asked;
  rows: readonly Incident[];
  /** Until when an open incident has lasted. */
  now: number;
  empty: ReactNode;
}

export function IncidentTable({ asked, rows, now, empty }: Props) {
  return (
    <Listing
      label={t("Incidents")}
      asked={asked}
      columns={[
        { name: t("No."), figure: true, wide: true },
        { name: t("Title") },
        { name: t("State") },
        { name: t("Start"), wide: true },
        { name: t("Lasted"), figure: true },
        { name: t("Alerts"), figure: true, wide: true },
        { name: t("Owner"), wide: true },
      ]}
      empty={empty}
    >
      {rows.map((row) => (
        <IncidentLine key={row.id} row={row} now={now} />
      ))}
    </Listing>
  );
}

function IncidentLine({ row, now }: { row: Incident; now: number }) {
  const end = row.closed_at ? Date.parse(row.closed_at) : now;
  return (
    <tr>
      <td className="figure wide-only">{row.id}</td>
      <th scope="row" className="alert-wraps">
        <Link href={href(`/incidents/${row.id}`)}>{row.title}</Link>
      </th>
      <td>
        {row.state === "open" ? (
          <>
            <span className="alert-firing">{t("ongoing")}</span> <SeverityTag severity={row.severity} />
          </>
        ) : (
          <span className="alert-resolved">{t("closed")}</span>
        )}
      </td>
      <td className="wide-only">
        <Time at={row.opened_at} />
      </td>
      <td className="figure">{lengthText(Math.max(0, end - Date.parse(row.opened_at)) / 1000)}</td>
      <td className="figure wide-only">
        {row.firing > 0 ? t("{n} of {all} firing", { n: row.firing, all: row.episodes }) : row.episodes}
      </td>
      <td className="wide-only">{row.owner ?? "–"}</td>
    </tr>
  );
}
