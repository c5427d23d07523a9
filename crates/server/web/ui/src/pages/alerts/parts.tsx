// Words and figures of alerts.
import type { AlertEpisode, AlertState } from "../../api/alerts";
import { t } from "../../lib/i18n";

type State = AlertState["state"] | AlertEpisode["state"];

function stateName(state: State): string {
  switch (state) {
    case "ok":
      return t("OK");
    case "pending":
      return t("pending");
    case "firing":
      return t("firing");
    case "no_data":
      return t("no data");
    case "error":
      return t("cannot be read");
    case "resolved":
      return t("resolved");
    case "withdrawn":
      return t("withdrawn");
  }
}

export function EpisodeState({ state }: { state: State }) {
  return <span className={`alert-${state}`}>{stateName(state)}</span>;
}

/** A value in the rule's own unit, with at most four significant digits after the point. */
export function figure(value: number | null): string {
  return value === null ? "–" : value.toLocaleString(undefined, { maximumSignificantDigits: 6 });
}

export function groupText(group: Record<string, string>): string {
  return (
    Object.entries(group)
      .map(([key, value]) => `${key}: ${value || "–"}`)
      .join(", ") || "–"
  );
}

export const minutes = (seconds: number): string => Math.round(seconds / 60).toLocaleString();
