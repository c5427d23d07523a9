// Page of alerts: firing rules, past episodes, rules, and silences.
import "../../styles/parts.css";
import "./alerts.css";
import type { ReactElement, ReactNode } from "react";
import {
  type AlertEpisode,
  type AlertRule,
  type AlertSilence,
  type AlertState,
  useAcknowledge,
  useAlertHistory,
  useAlertRules,
  useAlertStates,
  useBacktest,
  useEndSilence,
  useSilence,
  useSilences,
} from "../../api/alerts";
import { AllowedButton } from "../../components/Allowed";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/Shell";
import { Failure, Loading, Trouble } from "../../components/States";
import { Time } from "../../components/Time";
import { t } from "../../lib/i18n";
import { EpisodeState, figure, groupText, minutes } from "./parts";

export function Alerts() {
  const states = useAlertStates();
  const rows = states.data?.alerts.filter((row) => row.state !== "ok") ?? [];
  const firing = rows.filter((row) => row.state === "firing").length;
  return (
    <>
      <PageHead title={t("Alerts")}>
        {firing > 0 ? <span className="alert-firing">{t("{count} firing", { count: firing })}</span> : null}
      </PageHead>
      <div className="page-body scrolls">
        <div className="alerts">
          <section aria-label={t("Now")}>
            <h2>{t("Now")}</h2>
            {states.isError && !states.data ? (
              <Failure error={states.error} retry={() => void states.refetch()} />
            ) : !states.data ? (
              <Loading what={t("Loading …")} />
            ) : rows.length === 0 ? (
              <p className="part-empty">{t("No rule fires.")}</p>
            ) : (
              <Now rows={rows} />
            )}
          </section>
          <History />
          <Rules />
          <Silences />
        </div>
      </div>
    </>
  );
}

function Now({ rows }: { rows: readonly AlertState[] }) {
  const acknowledge = useAcknowledge();
  const silence = useSilence();
  const hush = (row: AlertState) =>
    silence.mutate({
      matchers: { rule: row.rule, ...row.group },
      reason: t("From the dashboard"),
      duration: "2h",
    });
  return (
    <>
      <table className="slip rows">
        <thead>
          <tr>
            <th scope="col">{t("Rule")}</th>
            <th scope="col">{t("Group")}</th>
            <th scope="col">{t("State")}</th>
            <th scope="col">{t("Value")}</th>
            <th scope="col">{t("Threshold")}</th>
            <th scope="col">{t("Since")}</th>
            <th scope="col" aria-label={t("Action")} />
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={`${row.rule} ${groupText(row.group)}`}>
              <th scope="row">{row.rule}</th>
              <td>{groupText(row.group)}</td>
              <td title={row.error ?? undefined}>
                <EpisodeState state={row.state} />
              </td>
              <td className="figure">{figure(row.value)}</td>
              <td className="figure">{figure(row.threshold)}</td>
              <td>{row.since ? <Time at={row.since} /> : "–"}</td>
              <td className="row-action">
                {row.episode ? (
                  <AllowedButton
                    needs="write"
                    className="quiet-button"
                    disabled={acknowledge.isPending}
                    onClick={() => acknowledge.mutate(row.episode ?? "")}
                  >
                    {t("Acknowledge")}
                  </AllowedButton>
                ) : null}
                <AllowedButton
                  needs="write"
                  className="quiet-button"
                  disabled={silence.isPending}
                  onClick={() => hush(row)}
                >
                  {t("Silence for 2 h")}
                </AllowedButton>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {acknowledge.error ? <Trouble error={acknowledge.error} /> : null}
      {silence.error ? <Trouble error={silence.error} /> : null}
    </>
  );
}

/** A list of the page: its table, or the loading, failed or empty state. */
function Listing({
  title,
  asked,
  columns,
  action,
  empty,
  children,
}: {
  title: string;
  asked: { isError: boolean; isPending: boolean; error: Error | null; refetch: () => unknown };
  columns: readonly string[];
  action?: boolean;
  empty: ReactNode;
  children: readonly ReactElement[];
}) {
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      {asked.isError ? <Trouble error={asked.error} retry={() => void asked.refetch()} /> : null}
      {asked.isPending ? (
        <Loading what={t("Loading …")} />
      ) : children.length > 0 ? (
        <table className="slip rows">
          <thead>
            <tr>
              {columns.map((name) => (
                <th scope="col" key={name}>
                  {name}
                </th>
              ))}
              {action ? <th scope="col" aria-label={t("Action")} /> : null}
            </tr>
          </thead>
          <tbody>{children}</tbody>
        </table>
      ) : asked.isError ? null : (
        <p className="part-empty">{empty}</p>
      )}
    </section>
  );
}

function History() {
  const asked = useAlertHistory();
  const rows = asked.data?.episodes ?? [];
  const columns = [
    t("Rule"),
    t("Group"),
    t("State"),
    t("Start"),
    t("End"),
    t("Peak"),
    t("Acknowledged by"),
    t("Notices"),
    t("Trace"),
  ];
  return (
    <Listing title={t("History")} asked={asked} columns={columns} empty={t("No rule has fired yet.")}>
      {rows.map((row) => (
        <EpisodeLine key={row.id} row={row} />
      ))}
    </Listing>
  );
}

function EpisodeLine({ row }: { row: AlertEpisode }) {
  const trace = row.traces[0];
  const notes = row.notices.map((one) => [one.channel, one.reason, one.status, one.note ?? ""].join(" "));
  return (
    <tr>
      <th scope="row">{row.rule}</th>
      <td>{groupText(row.group)}</td>
      <td>
        <EpisodeState state={row.state} />
      </td>
      <td>
        <Time at={row.started_at} />
      </td>
      <td>{row.ended_at ? <Time at={row.ended_at} /> : "–"}</td>
      <td className="figure">{figure(row.peak)}</td>
      <td>{row.acknowledged_by ?? "–"}</td>
      <td title={notes.join("\n")}>
        {[...new Set(row.notices.map((one) => one.channel))].join(", ") || "–"}
      </td>
      <td className="mono">{trace ? <Link href={`/traces/${trace}`}>{trace.slice(0, 8)}</Link> : "–"}</td>
    </tr>
  );
}

function Rules() {
  const asked = useAlertRules();
  const rows = asked.data?.rules ?? [];
  const columns = [
    t("Rule"),
    t("Kind"),
    t("Threshold"),
    t("Window"),
    t("Channels"),
    t("From"),
    t("Last 30 days"),
  ];
  return (
    <Listing
      title={t("Rules")}
      asked={asked}
      columns={columns}
      empty={
        <>
          {t("No rule is set. From a shell:")} <code className="mono">quipu alerts set mine rule.toml</code>
        </>
      }
    >
      {rows.map((row) => (
        <RuleLine key={row.name} row={row} />
      ))}
    </Listing>
  );
}

function RuleLine({ row }: { row: AlertRule }) {
  const { kind, above, below, window, channels } = row.effective;
  const limit =
    typeof above === "number" ? `> ${figure(above)}` : typeof below === "number" ? `< ${figure(below)}` : "–";
  return (
    <tr>
      <th scope="row" title={JSON.stringify(row.config)}>
        {row.name}
      </th>
      <td>{String(kind ?? "–")}</td>
      <td className="figure">{limit}</td>
      <td className="figure">{String(window ?? "5m")}</td>
      <td>{Array.isArray(channels) ? channels.join(", ") : "–"}</td>
      <td>{row.source === "file" ? t("of the configuration") : t("stored")}</td>
      <td>
        <Past row={row} />
      </td>
    </tr>
  );
}

/** How often the rule would have fired, when it is asked for: it reads a month. */
function Past({ row }: { row: AlertRule }) {
  const test = useBacktest();
  if (test.error) return <Trouble error={test.error} />;
  if (test.data)
    return (
      <span>
        {t("{count} times, {minutes} min in total", {
          count: test.data.episodes.length,
          minutes: minutes(test.data.firing_s),
        })}
      </span>
    );
  return (
    <button
      type="button"
      className="quiet-button"
      disabled={test.isPending}
      onClick={() => test.mutate(row.config)}
    >
      {test.isPending ? t("Loading …") : t("Back-test")}
    </button>
  );
}

function Silences() {
  const asked = useSilences();
  const rows = asked.data?.silences.filter((row) => row.active) ?? [];
  const columns = [t("Matches"), t("Reason"), t("User"), t("End")];
  return (
    <Listing title={t("Silences")} asked={asked} columns={columns} action empty={t("No notice is silenced.")}>
      {rows.map((row) => (
        <SilenceLine key={row.id} row={row} />
      ))}
    </Listing>
  );
}

function SilenceLine({ row }: { row: AlertSilence }) {
  const end = useEndSilence();
  return (
    <tr>
      <th scope="row">{groupText(row.matchers)}</th>
      <td>{row.reason}</td>
      <td>{row.author}</td>
      <td>
        <Time at={row.ends_at} />
      </td>
      <td className="row-action">
        {end.error ? <Trouble error={end.error} /> : null}
        <AllowedButton
          needs="write"
          className="quiet-button"
          disabled={end.isPending}
          onClick={() => end.mutate(row.id)}
        >
          {t("End now")}
        </AllowedButton>
      </td>
    </tr>
  );
}
