// The pages of the rail, in order. A page is listed when it exists.
import { type Me, useMe } from "../api/access";
import { t } from "../lib/i18n";

export interface Page {
  path: string;
  label: () => string;
  /** The key that follows "g". */
  key: string;
  /** What belongs together stands together. */
  group: "start" | "runs" | "work" | "money" | "signals" | "views" | "house";
  /** Whether it is for whoever looks; for everybody, unless it is said. */
  isFor?: (me: Me) => boolean;
  /** Where the bar of pages is short, these stay in sight. */
  front?: boolean;
  /** Pages below this path belong to it too. */
  also?: readonly string[];
}

// Keys that are spoken for: h Overview, t Traces, s Sessions, n Users, a Agents, m Models, o Tools, g Guardrails, v Compare, c Cost,
// b Budgets, l Alerts, i Incidents, j Objectives, e Events, r Metrics, p Map, d Dashboards, q SQL, f Frameworks, y System, x Data, k Access, u Audit.
export const PAGES: readonly Page[] = [
  { path: "/", label: () => t("Overview"), key: "h", group: "start", front: true },
  {
    path: "/traces",
    label: () => t("Traces"),
    key: "t",
    group: "runs",
    front: true,
    also: ["/calls", "/tool-runs", "/spans"],
  },
  { path: "/sessions", label: () => t("Sessions"), key: "s", group: "runs" },
  { path: "/users", label: () => t("Users"), key: "n", group: "runs" },
  { path: "/agents", label: () => t("Agents"), key: "a", group: "work" },
  { path: "/models", label: () => t("Models"), key: "m", group: "work" },
  { path: "/tools", label: () => t("Tools"), key: "o", group: "work" },
  { path: "/guardrails", label: () => t("Guardrails"), key: "g", group: "work" },
  { path: "/compare", label: () => t("Compare"), key: "v", group: "work" },
  { path: "/cost", label: () => t("Cost"), key: "c", group: "money", front: true },
  { path: "/budgets", label: () => t("Budgets"), key: "b", group: "money" },
  { path: "/alerts", label: () => t("Alerts"), key: "l", group: "signals" },
  { path: "/incidents", label: () => t("Incidents"), key: "i", group: "signals" },
  { path: "/slos", label: () => t("Objectives"), key: "j", group: "signals" },
  { path: "/events", label: () => t("Events"), key: "e", group: "signals" },
  { path: "/measurements", label: () => t("Metrics"), key: "r", group: "signals" },
  { path: "/map", label: () => t("Map"), key: "p", group: "views" },
  { path: "/dashboards", label: () => t("Dashboards"), key: "d", group: "views" },
  { path: "/sql", label: () => t("SQL"), key: "q", group: "views" },
  { path: "/frameworks", label: () => t("Frameworks"), key: "f", group: "views" },
  { path: "/system", label: () => t("System"), key: "y", group: "house" },
  { path: "/data", label: () => t("Data"), key: "x", group: "house" },
  {
    path: "/access",
    label: () => t("Access"),
    key: "k",
    group: "house",
    isFor: (me) => me.access && (me.principal?.kind === "user" || me.permissions.includes("admin")),
  },
  {
    path: "/audit",
    label: () => t("Audit"),
    key: "u",
    group: "house",
    isFor: (me) => me.access && me.everywhere,
  },
];

/** The page that a path belongs to. */
export function pageOf(path: string): Page | undefined {
  const within = (root: string) => path === root || (root !== "/" && path.startsWith(`${root}/`));
  return PAGES.find((page) => within(page.path) || page.also?.some(within));
}

/** The pages that are listed for whoever looks. */
export function usePages(): readonly Page[] {
  const me = useMe().data;
  return PAGES.filter((page) => !page.isFor || (me !== undefined && page.isFor(me)));
}
