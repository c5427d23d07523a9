import type { Status } from "../api/types";
import { t } from "../lib/i18n";

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
