// One incident: its figures, timeline, alerts and traces, and what the reader adds.
import "../../styles/parts.css";
import "../../styles/forms.css";
import "../alerts/alerts.css";
import { type FormEvent, useState } from "react";
import { useAlertRules } from "../../api/alerts";
import {
  type IncidentAnswer,
  type IncidentFigures,
  type IncidentMoment,
  reportOf,
  useChangeIncident,
  useIncident,
} from "../../api/incidents";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/PageTop";
import { Panel } from "../../components/Panel";
import { Failure, Loading, Trouble } from "../../components/States";
import { Time } from "../../components/Time";
import { count, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { minuteTime } from "../../lib/time";
import { fieldName } from "../../lib/words";
import { href } from "../../state/url";
import { EpisodeState, figure, groupText, lengthText, SeverityTag, unitOfRule } from "../alerts/parts";
import { IncidentTraces } from "./IncidentTraces";

export function IncidentPage({ id }: { id: string }) {
  const asked = useIncident(id);
  if (asked.isError && !asked.data) return <Failure error={asked.error} retry={() => void asked.refetch()} />;
  if (!asked.data) return <Loading what={t("Loading …")} />;
  return <Page of={asked.data} />;
}

function Page({ of }: { of: IncidentAnswer }) {
  const { incident } = of;
  const change = useChangeIncident(incident.id);
  const isOpen = incident.state === "open";
  return (
    <>
      <PageHead
        title={t("Incident {n}", { n: incident.id })}
        tools={
          <span className="head-actions">
            <a className="quiet-button" href={reportOf(incident.id)} download>
              {t("Report")}
            </a>
            <AllowedButton
              needs="write"
              className={isOpen ? "button is-main" : "button"}
              disabled={change.isPending}
              onClick={() => change.mutate({ state: isOpen ? "closed" : "open" })}
            >
              {isOpen ? t("Close the incident") : t("Open again")}
            </AllowedButton>
          </span>
        }
      >
        <Link className="wide-only" href={href("/incidents")}>
          {t("All incidents")}
        </Link>
      </PageHead>
      <div className="page-body scrolls">
        <div className="incident">
          <div className="incident-main">
            <p className="incident-state">
              <span className={isOpen ? "alert-firing" : "alert-resolved"}>
                {isOpen ? t("ongoing") : t("closed")}
              </span>{" "}
              <SeverityTag severity={incident.severity} />
            </p>
            <h2 className="incident-title">{incident.title}</h2>
            {change.error ? <Trouble error={change.error} /> : null}
            {of.figures ? <Figures figures={of.figures} isOpen={isOpen} /> : null}
            <Panel title={t("Timeline")}>
              <Timeline moments={of.timeline} />
              <Note id={incident.id} />
            </Panel>
          </div>
          <div className="incident-side">
            <Panel title={t("Owner")}>
              <Owner key={incident.owner ?? ""} id={incident.id} owner={incident.owner} />
            </Panel>
            <Panel title={t("Alerts")}>
              <Episodes of={of} />
            </Panel>
            <Panel title={t("Traces")}>
              <IncidentTraces id={of.incident.id} traces={of.traces} />
            </Panel>
          </div>
        </div>
      </div>
    </>
  );
}

function Figures({ figures, isOpen }: { figures: IncidentFigures; isOpen: boolean }) {
  const cost = (amount: string | null) => (amount === null ? "–" : usdHeadline(amount));
  const scope = Object.entries(figures.scope)
    .map(([key, value]) => `${fieldName(key)} ${value}`)
    .join(", ");
  const facts = [
    { name: isOpen ? t("Lasts for") : t("Lasted"), value: lengthText(figures.seconds), before: null },
    { name: t("Cost"), value: cost(figures.cost_usd), before: cost(figures.cost_before_usd) },
    { name: t("Calls"), value: count(figures.calls), before: count(figures.calls_before) },
    { name: t("Failed calls"), value: count(figures.errors), before: count(figures.errors_before) },
  ];
  return (
    <>
      <dl className="alert-totals is-large">
        {facts.map((fact) => (
          <div key={fact.name}>
            <dt>{fact.name}</dt>
            <dd className="figure">{fact.value}</dd>
            {fact.before === null ? null : (
              <dd className="alert-before">{t("{value} before", { value: fact.before })}</dd>
            )}
          </div>
        ))}
      </dl>
      <p className="assumption">
        {scope === ""
          ? t("Calls of all agents while it lasted, and in the same time before.")
          : t("Calls of {scope} while it lasted, and in the same time before.", { scope })}{" "}
        {figures.unpriced > 0
          ? t("{n} calls have no price.", { count: figures.unpriced, n: count(figures.unpriced) })
          : ""}
      </p>
    </>
  );
}

function momentText({ kind, text, author }: IncidentMoment): string {
  switch (kind) {
    case "opened":
      return t("Opened by {author}", { author });
    case "episode":
      return t("{text} began to fire", { text });
    case "ended":
      return t("{text} ended", { text });
    case "withdrawn":
      return t("{text} was withdrawn: late records corrected its figures", { text });
    case "acknowledged":
      return t("{author} acknowledged {text}", { author, text });
    case "owner":
      return text
        ? t("{author} set the owner {text}", { author, text })
        : t("{author} removed the owner", { author });
    case "title":
      return t("{author} set the title {text}", { author, text });
    case "severity":
      return t("{author} set the severity {text}", { author, text });
    case "linked":
      return t("{author} linked an alert", { author });
    case "trace":
      return t("{author} linked the trace {text}", { author, text: text.slice(0, 8) });
    case "closed":
      return author === "quipu" ? t("Closed: all alerts have ended") : t("Closed by {author}", { author });
    case "reopened":
      return t("Opened again by {author}", { author });
    default:
      return text;
  }
}

function tone(kind: string): string {
  if (kind === "episode" || kind === "opened" || kind === "reopened") return "is-bad";
  if (kind === "ended" || kind === "closed") return "is-good";
  return kind === "note" ? "is-note" : "";
}

function Timeline({ moments }: { moments: readonly IncidentMoment[] }) {
  return (
    <ol className="timeline">
      {moments.map((moment, index) => (
        <li key={`${moment.at} ${index}`} className={tone(moment.kind)}>
          <Time at={moment.at} show={minuteTime} />
          <i aria-hidden="true" />
          {moment.kind === "note" ? (
            <div className="timeline-note">
              <p>{moment.text}</p>
              <span className="faint">{moment.author}</span>
            </div>
          ) : (
            <span>{momentText(moment)}</span>
          )}
        </li>
      ))}
    </ol>
  );
}

function Note({ id }: { id: number }) {
  const [note, setNote] = useState("");
  const change = useChangeIncident(id);
  const forbidden = useForbidden("write");
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (note.trim() !== "") change.mutate({ note }, { onSuccess: () => setNote("") });
  };
  return (
    <form className="timeline-form" onSubmit={submit}>
      <textarea
        value={note}
        rows={2}
        maxLength={4000}
        aria-label={t("Note")}
        placeholder={t("What was found, what was done")}
        disabled={forbidden !== null}
        onChange={(event) => setNote(event.target.value)}
      />
      <AllowedButton
        needs="write"
        type="submit"
        className="button"
        disabled={change.isPending || note.trim() === ""}
      >
        {t("Add the note")}
      </AllowedButton>
      {change.error ? <Trouble error={change.error} /> : null}
    </form>
  );
}

function Owner({ id, owner }: { id: number; owner: string | null }) {
  const [name, setName] = useState(owner ?? "");
  const change = useChangeIncident(id);
  const forbidden = useForbidden("write");
  return (
    <form
      className="incident-owner"
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate({ owner: name.trim() });
      }}
    >
      <Field
        label={t("Person or team")}
        value={name}
        disabled={forbidden !== null}
        hint={owner === null ? t("Nobody owns it yet") : ""}
        onChange={setName}
      />
      {name.trim() === (owner ?? "") ? null : (
        <AllowedButton needs="write" type="submit" className="button" disabled={change.isPending}>
          {t("Set")}
        </AllowedButton>
      )}
      {change.error ? <Trouble error={change.error} /> : null}
    </form>
  );
}

function Episodes({ of }: { of: IncidentAnswer }) {
  const rules = useAlertRules().data?.rules ?? [];
  if (of.episodes.length === 0) return <p className="part-empty">{t("No alert belongs to it.")}</p>;
  return (
    <ul className="incident-list">
      {of.episodes.map((row) => {
        const rule = rules.find((one) => one.name === row.rule);
        return (
          <li key={row.id}>
            <span className="incident-line">
              <strong>{row.rule}</strong> <EpisodeState state={row.state} />
            </span>
            <span className="muted">
              {[
                groupText(row.group),
                t("{value}, threshold {threshold}", {
                  value: figure(row.peak, unitOfRule(rule?.effective)),
                  threshold: figure(row.threshold, unitOfRule(rule?.effective)),
                }),
              ]
                .filter((part) => part !== "–")
                .join(" · ")}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
