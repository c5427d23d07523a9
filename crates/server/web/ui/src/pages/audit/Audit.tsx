// Who read, changed or tried what, newest first; and whether nobody has touched the record of it.
import "../../styles/parts.css";
import "../access/access.css";
import "./audit.css";
import { useState } from "react";
import { type AuditEntry, useAudit, useVerdict } from "../../api/access";
import { Field } from "../../components/Field";
import { Link } from "../../components/Link";
import { PageHead } from "../../components/PageTop";
import { Failure, Loading, Trouble } from "../../components/States";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, listTime } from "../../lib/time";

const TRACE = /^[0-9a-f]{32}$/;

export function Audit() {
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const audit = useAudit({ actor: actor.trim(), action: action.trim() });
  const entries = audit.data?.pages.flatMap((page) => page.entries) ?? [];
  const body = () => {
    if (audit.isError && !audit.data)
      return <Failure error={audit.error} retry={() => void audit.refetch()} />;
    if (!audit.data) return <Loading what={t("Loading …")} />;
    if (entries.length === 0) return <p className="part-empty">{t("No matching entries.")}</p>;
    return (
      <>
        <Entries entries={entries} />
        {audit.hasNextPage ? (
          <button
            type="button"
            className="button"
            disabled={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            {t("Show older ones")}
          </button>
        ) : null}
      </>
    );
  };
  return (
    <>
      <PageHead title={t("Audit")} tools={<Check />} />
      <div className="page-body scrolls">
        <div className="audit">
          <div className="audit-filters">
            <Field label={t("User")} placeholder={t("alice")} value={actor} onChange={setActor} />
            <Field label={t("Action")} value={action} onChange={setAction} />
          </div>
          {body()}
        </div>
      </div>
    </>
  );
}

/** Adds up the chain of hashes, when it is asked for: it reads everything. */
function Check() {
  const verdict = useVerdict();
  if (verdict.error) return <Trouble error={verdict.error} retry={() => verdict.mutate()} />;
  if (verdict.data)
    return (
      <span className={verdict.data.holds ? "audit-good" : "audit-bad"} role="status">
        {verdict.data.holds
          ? t("Intact: {n} entries, each linked to the previous one", { n: count(verdict.data.entries) })
          : verdict.data.faults[0]}
      </span>
    );
  return (
    <button
      type="button"
      className="quiet-button"
      disabled={verdict.isPending}
      onClick={() => verdict.mutate()}
    >
      {verdict.isPending ? t("Verifying …") : t("Verify")}
    </button>
  );
}

function Entries({ entries }: { entries: readonly AuditEntry[] }) {
  return (
    <table className="slip rows audit-rows">
      <thead>
        <tr>
          <th scope="col">{t("Time")}</th>
          <th scope="col">{t("User")}</th>
          <th scope="col">{t("Action")}</th>
          <th scope="col">{t("Target")}</th>
          <th scope="col">{t("Project")}</th>
          <th scope="col">{t("Outcome")}</th>
          <th scope="col">{t("From")}</th>
        </tr>
      </thead>
      <tbody>
        {entries.map((entry) => (
          <tr key={entry.seq}>
            <th scope="row" title={fullTime(entry.time)}>
              {listTime(entry.time)}
            </th>
            <td>
              <Who actor={entry.actor} />
            </td>
            <td className="mono">{entry.action}</td>
            <td className="mono cut">
              <What entry={entry} />
            </td>
            <td>{entry.project ?? "–"}</td>
            <td className={entry.outcome === "done" ? undefined : "failed"}>{entry.outcome}</td>
            <td className="mono">{entry.from ?? "–"}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Who({ actor }: { actor: string }) {
  const [kind = "", ...id] = actor.split(":");
  return (
    <>
      {id.join(":") || kind} {id.length > 0 ? <span className="faint">{kind}</span> : null}
    </>
  );
}

function What({ entry }: { entry: AuditEntry }) {
  if (!entry.object) return "–";
  if (TRACE.test(entry.object)) return <Link href={`/traces/${entry.object}`}>{entry.object}</Link>;
  return entry.object;
}
