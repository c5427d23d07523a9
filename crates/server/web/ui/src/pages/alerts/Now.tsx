// Groups of rules that are not at rest, firing ones first, and what can be done about them.
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import {
  type AlertRule,
  type AlertState,
  type AlertStates,
  useAcknowledge,
  useSilence,
} from "../../api/alerts";
import { type Incident, useIncidents } from "../../api/incidents";
import { AllowedButton } from "../../components/Allowed";
import { Icon } from "../../components/Icon";
import { Link } from "../../components/Link";
import { Trouble } from "../../components/States";
import { Time } from "../../components/Time";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { href } from "../../state/url";
import { Listing } from "./Listing";
import { EpisodeState, figure, groupText, RuleName, SeverityTag, unitOfRule } from "./parts";

/** Rows at first, and with each press for more: a storm may have thousands. */
const STEP = 100;

interface Props {
  states: UseQueryResult<AlertStates>;
  rules: readonly AlertRule[];
}

export function Now({ states, rules }: Props) {
  const acknowledge = useAcknowledge();
  const silence = useSilence();
  const incidents = useIncidents();
  const [most, setMost] = useState(STEP);
  const rows = states.data?.alerts.filter((row) => row.state !== "ok") ?? [];
  const watched = Object.values(states.data?.counts ?? {}).reduce((sum, groups) => sum + groups, 0);
  const unlisted = watched - (states.data?.counts.ok ?? 0) - rows.length;
  const open = incidents.data?.incidents.filter((incident) => incident.state === "open") ?? [];
  const columns = [
    { name: t("Rule") },
    { name: t("Group"), wide: true },
    { name: t("State") },
    { name: t("Value"), figure: true },
    { name: t("Threshold"), figure: true, wide: true },
    { name: t("Since"), wide: true },
  ];
  return (
    <>
      <Listing
        label={t("Now")}
        asked={states}
        columns={columns}
        action
        empty={<AllQuiet rules={rules.length} groups={watched} />}
      >
        {rows.slice(0, most).map((row) => (
          <Line
            key={`${row.rule} ${groupText(row.group)}`}
            row={row}
            rule={rules.find((rule) => rule.name === row.rule)}
            incident={row.episode ? open.find((one) => one.rules.includes(row.rule)) : undefined}
            pending={acknowledge.isPending || silence.isPending}
            acknowledge={() => acknowledge.mutate(row.episode ?? "")}
            silence={() =>
              silence.mutate({
                matchers: { rule: row.rule, ...row.group },
                reason: t("From the dashboard"),
                duration: "2h",
              })
            }
          />
        ))}
      </Listing>
      {rows.length > most ? (
        <button type="button" className="quiet-button alert-more" onClick={() => setMost(most + STEP)}>
          {t("{n} more", { n: count(rows.length - most) })}
        </button>
      ) : null}
      {unlisted > 0 && rows.length <= most ? (
        <p className="muted">
          {t("{n} more groups are not listed", { n: count(unlisted), count: unlisted })}
        </p>
      ) : null}
      {acknowledge.error ? <Trouble error={acknowledge.error} /> : null}
      {silence.error ? <Trouble error={silence.error} /> : null}
    </>
  );
}

function AllQuiet({ rules, groups }: { rules: number; groups: number }) {
  return (
    <div className="state">
      {rules > 0 ? <Icon name="check" size={28} /> : null}
      <h2>{rules > 0 ? t("No rule fires") : t("No rules yet")}</h2>
      <p className="state-text">
        {rules > 0
          ? t("{rules} rules watch {groups} groups.", { rules, groups })
          : t(
              "A rule watches a figure such as the error rate or the cost, and notifies its channels beyond the limit.",
            )}
      </p>
      {rules > 0 ? null : (
        <div className="state-actions">
          <Link className="button is-main" href={href("/alerts", { view: "rules", new: "1" })}>
            {t("New rule")}
          </Link>
        </div>
      )}
    </div>
  );
}

interface LineProps {
  row: AlertState;
  rule: AlertRule | undefined;
  incident: Incident | undefined;
  pending: boolean;
  acknowledge: () => void;
  silence: () => void;
}

function Line({ row, rule, incident, pending, acknowledge, silence }: LineProps) {
  const unit = unitOfRule(rule?.effective);
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
        {row.error ? (
          <span className="alert-note" title={row.error}>
            {row.error}
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
      <td className="figure">{figure(row.value, unit)}</td>
      <td className="figure wide-only">{figure(row.threshold, unit)}</td>
      <td className="wide-only">{row.since ? <Time at={row.since} /> : "–"}</td>
      <td className="row-action">
        {incident ? (
          <Link className="quiet-button" href={href(`/incidents/${incident.id}`)} title={incident.title}>
            {t("Incident {n}", { n: incident.id })}
          </Link>
        ) : null}
        {row.episode ? (
          <AllowedButton needs="write" className="quiet-button" disabled={pending} onClick={acknowledge}>
            {t("Acknowledge")}
          </AllowedButton>
        ) : null}
        <AllowedButton needs="write" className="quiet-button" disabled={pending} onClick={silence}>
          {t("Silence for 2 h")}
        </AllowedButton>
      </td>
    </tr>
  );
}
