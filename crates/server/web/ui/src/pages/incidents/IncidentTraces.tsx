// Traces of an incident, with their name, state and duration, and a form that links another one.
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { get, Problem } from "../../api/client";
import { useChangeIncident } from "../../api/incidents";
import type { TracePage } from "../../api/types";
import { AllowedButton } from "../../components/Allowed";
import { Field } from "../../components/Field";
import { Link } from "../../components/Link";
import { Trouble } from "../../components/States";
import { TraceStatus } from "../../components/StatusText";
import { duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { shortName } from "../../lib/names";

/** The sums of one trace; null if the server no longer has it. */
function useTraceSummary(id: string) {
  return useQuery({
    queryKey: ["trace-summary", id],
    queryFn: async ({ signal }) => {
      try {
        return (await get<TracePage>(`/traces/${id}`, { detail: "summary", limit: 1 }, signal)).trace;
      } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
      }
    },
  });
}

function TraceLine({ id }: { id: string }) {
  const trace = useTraceSummary(id).data;
  return (
    <li>
      <Link className="incident-trace" href={`/traces/${id}`} title={id}>
        {trace ? shortName(trace.name) : <span className="mono">{id.slice(0, 16)}</span>}
      </Link>
      <span className="muted incident-line">
        {trace ? (
          <>
            <TraceStatus trace={trace} /> <span className="figure">{duration(trace.duration_ms)}</span>{" "}
            <span className="mono faint">{id.slice(0, 8)}</span>
          </>
        ) : trace === null ? (
          t("no longer stored")
        ) : (
          "…"
        )}
      </span>
    </li>
  );
}

export function IncidentTraces({ id, traces }: { id: number; traces: readonly string[] }) {
  const [trace, setTrace] = useState("");
  const change = useChangeIncident(id);
  return (
    <>
      {traces.length === 0 ? <p className="part-empty">{t("No trace is linked.")}</p> : null}
      <ul className="incident-list">
        {traces.map((one) => (
          <TraceLine key={one} id={one} />
        ))}
      </ul>
      <form
        className="incident-owner"
        onSubmit={(event) => {
          event.preventDefault();
          change.mutate({ traces: [trace.trim()] }, { onSuccess: () => setTrace("") });
        }}
      >
        <Field
          label={t("Link another trace")}
          placeholder={t("Trace ID")}
          value={trace}
          onChange={setTrace}
        />
        {trace.trim() === "" ? null : (
          <AllowedButton needs="write" type="submit" className="button" disabled={change.isPending}>
            {t("Link")}
          </AllowedButton>
        )}
      </form>
      {change.error ? <Trouble error={change.error} /> : null}
    </>
  );
}
