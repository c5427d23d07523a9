// Incidents: open ones first, then the latest; and a form to open one by hand.
import "../../styles/parts.css";
import "../alerts/alerts.css";
import { type FormEvent, useState } from "react";
import { SEVERITIES, type Severity } from "../../api/alerts";
import { useIncidents, useOpenIncident } from "../../api/incidents";
import { AllowedButton, useForbidden } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { PageHead } from "../../components/PageTop";
import { Segments } from "../../components/Segments";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { href, navigate, setParams, usePlace } from "../../state/url";
import { severityNames } from "../alerts/parts";
import { IncidentTable } from "./IncidentTable";

export function Incidents() {
  const { params } = usePlace();
  const asked = useIncidents();
  const forbidden = useForbidden("write");
  const making = params.get("new") !== null && forbidden === null;
  const rows = asked.data?.incidents ?? [];
  const open = rows.filter((row) => row.state === "open").length;
  const add = () => setParams({ new: "1" });
  return (
    <>
      <PageHead
        title={t("Incidents")}
        tools={
          <AllowedButton needs="write" className="button is-main" onClick={add}>
            {t("Open an incident")}
          </AllowedButton>
        }
      >
        {rows.length > 0 ? <span>{t("{n} open", { n: open })}</span> : null}
      </PageHead>
      <div className="page-body scrolls">
        <div className="alerts">
          {making ? <NewIncident close={() => setParams({ new: null }, { replace: true })} /> : null}
          <IncidentTable
            asked={asked}
            rows={rows}
            now={asked.dataUpdatedAt}
            empty={making ? null : <NoIncidents add={add} />}
          />
        </div>
      </div>
    </>
  );
}

function NoIncidents({ add }: { add: () => void }) {
  return (
    <div className="state">
      <h2>{t("No incidents")}</h2>
      <p className="state-text">
        {t(
          "A critical rule opens an incident when it fires. Related alerts join it, and it closes when all of them have ended.",
        )}
      </p>
      <div className="state-actions">
        <AllowedButton needs="write" className="button" onClick={add}>
          {t("Open an incident")}
        </AllowedButton>
      </div>
    </div>
  );
}

function NewIncident({ close }: { close: () => void }) {
  const [title, setTitle] = useState("");
  const [severity, setSeverity] = useState<Severity>("warning");
  const [wrong, setWrong] = useState(false);
  const save = useOpenIncident((incident) => navigate(href(`/incidents/${incident.id}`)));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setWrong(title.trim() === "");
    if (title.trim() !== "") save.mutate({ title, severity });
  };
  return (
    <form className="incident-new" onSubmit={submit} aria-label={t("Open an incident")}>
      <Field
        label={t("Title")}
        value={title}
        error={wrong ? t("An incident needs a title.") : undefined}
        autoFocus
        onChange={setTitle}
      />
      <Segments
        label={t("Severity")}
        options={SEVERITIES.map((id) => ({ id, label: severityNames()[id] }))}
        value={severity}
        onPick={setSeverity}
      />
      <div className="form-actions">
        <button type="submit" className="button is-main" disabled={save.isPending}>
          {t("Open an incident")}
        </button>
        <button type="button" className="button" onClick={close}>
          {t("Cancel")}
        </button>
      </div>
      {save.error ? <Trouble error={save.error} /> : null}
    </form>
  );
}
