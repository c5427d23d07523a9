import type { Status } from "../api/types";

const WORDS: Record<Status, string> = { ok: "ok", error: "error", unset: "unset", running: "running" };

/** Status as a word with its mark: never by colour alone. */
export function StatusText({ status }: { status: Status }) {
  return (
    <span className={`status status-${status}`}>
      <i aria-hidden="true" />
      {WORDS[status] ?? status}
    </span>
  );
}
