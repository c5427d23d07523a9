// The rules in force, what they leave on the disk, and what the next run would remove.
import { type RetentionAnswer, usePreview, useRetention, useRun } from "../../api/data";
import { useStatus } from "../../api/queries";
import { Answered, Panel } from "../../components/Panel";
import { Trouble } from "../../components/States";
import { bytes } from "../../lib/format";
import { t } from "../../lib/i18n";
import { Sure } from "../access/Sure";
import { RetiredView } from "./RetiredView";
import { bytesOf, type Line, linesOf, periodOf, SIGNALS, signalName } from "./rules";

/** How a rule is written; the same in every language. */
const EXAMPLE = '[retention]\ntraces = "14d"\nmax_bytes = "20GiB"';

export function Retention({ admin }: { admin: boolean }) {
  const rules = useRetention();
  return (
    <Panel title={t("Retention periods")}>
      <Answered query={rules} lines={3}>
        {(answer) => (
          <>
            {answer.removes ? <Rules answer={answer} /> : <KeptAll />}
            <Disk most={bytesOf(answer.rules.max_bytes)} />
            {answer.removes ? <Runs admin={admin} /> : null}
          </>
        )}
      </Answered>
    </Panel>
  );
}

function KeptAll() {
  return (
    <>
      <p className="part-empty">
        {t("Nothing expires. Set periods or a disk limit in the config file, for example:")}
      </p>
      <pre className="data-example">{EXAMPLE}</pre>
    </>
  );
}

function Rules({ answer }: { answer: RetentionAnswer }) {
  return (
    <>
      <table className="slip rows data-rows">
        <thead>
          <tr>
            <th scope="col">{t("Records")}</th>
            {SIGNALS.map((signal) => (
              <th key={signal} scope="col">
                {signalName(signal)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {linesOf(answer.rules).map((line, at) => (
            <tr key={at}>
              <th scope="row">{whom(line, answer)}</th>
              {SIGNALS.map((signal) => (
                <td key={signal}>{period(line.periods[signal])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="assumption">
        {t("Periods start at the end of a record's day (UTC). Kept traces are not deleted.")}
      </p>
    </>
  );
}

function whom({ service, project }: Line, answer: RetentionAnswer): string {
  if (service !== null && project !== null)
    return t("service {service} in project {project}", { service, project });
  if (service !== null) return t("service {service}", { service });
  if (project !== null) return t("project {project}", { project });
  return answer.rules.rule?.length ? t("everything else") : t("everything");
}

function period(text: string | null) {
  if (text === null) return <span className="faint">{t("as below")}</span>;
  const read = periodOf(text);
  if (read.unit === "forever") return t("forever");
  if (read.unit === "days") return t("{n} days kept", { n: read.n, count: read.n });
  return read.unit === "hours" ? t("{n} hours kept", { n: read.n, count: read.n }) : text;
}

/** What the store's files take, of what they may. */
function Disk({ most }: { most: number | null }) {
  const used = useStatus().data?.store.bytes ?? null;
  if (used === null) return null;
  if (most === null)
    return (
      <p className="data-disk muted">
        {t("{size} on disk", { size: bytes(used) })} · {t("no limit")}
      </p>
    );
  const share = Math.min(1, used / most);
  return (
    <p className="data-disk">
      <span className="data-bar" aria-hidden="true">
        <i className={used > most ? "is-over" : undefined} style={{ width: `${share * 100}%` }} />
      </span>
      <span className="figure">{t("{used} of {most}", { used: bytes(used), most: bytes(most) })}</span>{" "}
      <span className="muted">{t("on disk")}</span>
    </p>
  );
}

function Runs({ admin }: { admin: boolean }) {
  const preview = usePreview();
  const run = useRun();
  const pending = preview.isPending || run.isPending;
  const told = run.data ?? preview.data;
  const error = run.error ?? preview.error;
  return (
    <>
      <div className="form-actions data-actions">
        <button
          type="button"
          className="button"
          disabled={pending}
          onClick={() => {
            run.reset();
            preview.mutate();
          }}
        >
          {t("Preview")}
        </button>
        {admin ? (
          <Sure
            ask={t("Run now")}
            confirm={t("Delete permanently")}
            about={t("not kept by the rules")}
            pending={pending}
            act={() => run.mutate()}
          />
        ) : null}
        <span className="faint" role="status">
          {pending ? t("Reading the stored days …") : t("The server applies the rules automatically.")}
        </span>
      </div>
      {error ? <Trouble error={error} /> : null}
      {told && !pending ? <RetiredView told={told} /> : null}
      {admin ? null : (
        <p className="assumption">{t("Only admins can start a run. Everyone can preview it.")}</p>
      )}
    </>
  );
}
