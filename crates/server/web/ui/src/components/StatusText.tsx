import type { Status, TraceSummary } from "../api/types";
import { count } from "../lib/format";
import { t } from "../lib/i18n";
import { isIncomplete } from "../lib/incomplete";

function wordOf(status: Status): string {
  const words: Record<Status, string> = {
    ok: t("ok"),
    error: t("error"),
    unset: t("no status"),
    running: t("running"),
  };
  return words[status] ?? status;
}

/** Status as a word with its mark: never by colour alone. */
export function StatusText({ status }: { status: Status }) {
  return (
    <span className={`status status-${status}`}>
      <i aria-hidden="true" />
      {wordOf(status)}
    </span>
  );
}

/** Status of a trace, with its failed steps, and without "running" for one whose end will hardly come. */
export function TraceStatus({ trace }: { trace: TraceSummary }) {
  if (isIncomplete(trace))
    return (
      <span
        className="status status-unset"
        title={t("The end of the root span did not arrive. Its sender may have stopped.")}
      >
        <i aria-hidden="true" />
        {t("incomplete")}
      </span>
    );
  const inside = trace.status !== "error" && trace.errors > 0;
  return (
    <span
      className={inside ? "trace-status has-failed" : "trace-status"}
      title={inside ? t("{n} steps failed", { count: trace.errors, n: count(trace.errors) }) : undefined}
    >
      <StatusText status={trace.status} />
    </span>
  );
}
