// Purpose of each page, and its chapter of the guide.
import { t } from "./i18n";

const GUIDE = "/docs/";

export interface Help {
  text: string;
  guide: string;
}

/** Pages of one thing have a text of their own. */
const ONE_OF = new Set(["/traces", "/sessions", "/dashboards", "/incidents"]);

/** The help of a page; null for pages without one. `path` is the whole path, such as `/traces/ID`. */
export function helpOf(page: string, path = page): Help | null {
  const help: Record<string, [text: string, chapter: string]> = {
    "/": [
      t("Cost, volume, failures and latency of all agents in the range. Each number opens its traces."),
      "dashboard.md",
    ],
    "/traces": [
      t(
        "One row for each run of an agent. Filter by fields, numbers or words, and open a row for its steps.",
      ),
      "query-language.md",
    ],
    "/calls": [
      t("One row for each call of a model, counted once, with its tokens and cost."),
      "dashboard.md",
    ],
    "/tool-runs": [t("One row for each run of a tool, with its agent, status and duration."), "dashboard.md"],
    "/spans": [
      t("Every stored span, counted or not. Open a row for its attributes and messages."),
      "dashboard.md",
    ],
    "/sessions": [
      t("Traces that belong to one conversation, by the session ID of their spans."),
      "context.md",
    ],
    "/traces/": [
      t(
        "The steps of one run: when each began, how long it took, what it cost, and what was asked and answered.",
      ),
      "dashboard.md",
    ],
    "/sessions/": [
      t("The turns of one conversation in order, with the cost and the tools of each turn."),
      "context.md",
    ],
    "/dashboards/": [
      t("Panels over stored records. Edit a copy of a built-in dashboard to change its panels."),
      "dashboard.md",
    ],
    "/incidents/": [
      t("One incident: its alerts, a timeline with notes, linked traces, and the cost while it lasted."),
      "incidents.md",
    ],
    "/users": [
      t("Calls, cost and failures of each end user. A trace belongs to the user that its spans name."),
      "context.md",
    ],
    "/agents": [
      t("Runs, failures, latency and cost of each agent. A call counts for the nearest agent above it."),
      "dashboard.md",
    ],
    "/models": [
      t(
        "Calls, tokens, latency and cost of each model. Each call counts once, however many spans describe it.",
      ),
      "costs.md",
    ],
    "/tools": [t("Runs, failures and latency of each tool, with advice drawn from them."), "dashboard.md"],
    "/guardrails": [
      t("Checks before and after the models: how often they triggered, and what they blocked."),
      "features.md",
    ],
    "/compare": [
      t("Two models, agents, users or releases side by side, in the same range and filter."),
      "dashboard.md",
    ],
    "/cost": [
      t("Cost of calls by the price list of their day, savings of the cache, and a forecast."),
      "costs.md",
    ],
    "/budgets": [
      t("Limits on dollars, tokens or calls. The gateway and the library enforce them before each call."),
      "budgets.md",
    ],
    "/alerts": [
      t("Rules over stored figures: what fires now, past episodes, silences, and channels of the notices."),
      "alerts.md",
    ],
    "/incidents": [
      t("Related alerts as one thing, with an owner, notes, linked traces and cost while it lasted."),
      "incidents.md",
    ],
    "/slos": [
      t("Promised shares of good records: error budget, burn rates, and reports by month and quarter."),
      "incidents.md",
    ],
    "/events": [t("Structured log records of agents and of Quipu, newest first."), "events.md"],
    "/measurements": [t("Metrics that agents sent, as charts by label."), "metrics.md"],
    "/map": [
      t("Agents, models and tools as a graph. An arrow means that one called the other."),
      "dashboard.md",
    ],
    "/dashboards": [
      t("Charts and tables that you arrange. Built-in dashboards can be copied and changed."),
      "dashboard.md",
    ],
    "/sql": [t("Read-only statements over all records. Nothing runs until you press Run."), "sql.md"],
    "/frameworks": [
      t("Fields that each framework reports, and the setting that adds a missing one."),
      "sources/README.md",
    ],
    "/system": [
      t("Health of this server: ingest, queue, disk, backends, and sources that it cannot read."),
      "limits.md",
    ],
    "/data": [t("Retention periods, kept traces, and deletion of a user's data."), "retention.md"],
    "/access": [t("Users for people and API keys for programs, with their permissions."), "access.md"],
    "/audit": [
      t("Log of changes and reads. Each entry is linked to the previous one, so tampering is detected."),
      "audit.md",
    ],
  };
  const one = ONE_OF.has(page) && path !== page && path.startsWith(`${page}/`);
  const found = (one ? help[`${page}/`] : help[path]) ?? help[page];
  return found ? { text: found[0], guide: GUIDE + found[1] } : null;
}
