import { Suspense, useEffect } from "react";
import { useMe } from "./api/access";
import { Problem } from "./api/client";
import { Boundary } from "./components/Boundary";
import { Loading } from "./components/Loading";
import { Shell } from "./components/Shell";
import { Failure } from "./components/States";
import { t } from "./lib/i18n";
import { foldFormer } from "./state/filters";
import { remember } from "./state/memory";
import { pageOf } from "./state/pages";
import { part, readAhead } from "./state/prefetch";
import { navigate, usePlace } from "./state/url";

// A page's code is read when the page is first opened, or earlier while the browser is idle.
const Overview = part(async () => (await import("./pages/overview/Overview")).Overview);
const Traces = part(async () => (await import("./pages/Traces")).Traces);
const WorkRows = part(async () => (await import("./pages/traces/WorkRows")).WorkRows);
const Compare = part(async () => (await import("./pages/compare/Compare")).Compare);
const Trace = part(async () => (await import("./pages/trace/Trace")).Trace);
const Sessions = part(async () => (await import("./pages/sessions/Sessions")).Sessions);
const SessionPage = part(async () => (await import("./pages/sessions/Session")).SessionPage);
const Users = part(async () => (await import("./pages/users/Users")).Users);
const Agents = part(async () => (await import("./pages/agents/Agents")).Agents);
const Models = part(async () => (await import("./pages/models/Models")).Models);
const Tools = part(async () => (await import("./pages/tools/Tools")).Tools);
const Guardrails = part(async () => (await import("./pages/guardrails/Guardrails")).Guardrails);
const MapPage = part(async () => (await import("./pages/map/Map")).MapPage);
const Events = part(async () => (await import("./pages/events/Events")).Events);
const Metrics = part(async () => (await import("./pages/metrics/Metrics")).Metrics);
const System = part(async () => (await import("./pages/system/System")).System);
const Data = part(async () => (await import("./pages/data/Data")).Data);
const Frameworks = part(async () => (await import("./pages/Frameworks")).Frameworks);
const Access = part(async () => (await import("./pages/access/Access")).Access);
const Audit = part(async () => (await import("./pages/audit/Audit")).Audit);
const Login = part(async () => (await import("./pages/login/Login")).Login);
const FirstPassword = part(async () => (await import("./pages/login/FirstPassword")).FirstPassword);
const Cost = part(async () => (await import("./pages/cost/Cost")).Cost);
const Budgets = part(async () => (await import("./pages/budgets/Budgets")).Budgets);

const Alerts = part(async () => (await import("./pages/alerts/Alerts")).Alerts);
const Incidents = part(async () => (await import("./pages/incidents/Incidents")).Incidents);
const IncidentPage = part(async () => (await import("./pages/incidents/Incident")).IncidentPage);
const Slos = part(async () => (await import("./pages/slos/Slos")).Slos);
const Sql = part(async () => (await import("./pages/sql/Sql")).Sql);
const Dashboards = part(async () => (await import("./pages/dashboards/Dashboards")).Dashboards);
const DashboardPage = part(async () => (await import("./pages/dashboards/Dashboard")).DashboardPage);

// Page by page; each owner adds its line here and its case below.

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Addresses that are another page's. */
const MOVED: Record<string, string> = { "/usage": "/cost", "/parity-matrix": "/frameworks" };

function pageAt(path: string) {
  const [, page, ...rest] = path.split("/");
  const id = decoded(rest.join("/"));
  if (page === "") return <Overview />;
  if (page === "traces") return id ? <Trace key={id} traceId={id} /> : <Traces />;
  if (page === "sessions") return id ? <SessionPage key={id} sessionId={id} /> : <Sessions />;
  if ((page === "calls" || page === "tool-runs" || page === "spans") && !id)
    return <WorkRows key={page} list={page} />;
  if (page === "compare" && !id) return <Compare />;
  if (page === "users" && !id) return <Users />;
  if (page === "agents" && !id) return <Agents />;
  if (page === "models" && !id) return <Models />;
  if (page === "tools" && !id) return <Tools />;
  if (page === "guardrails" && !id) return <Guardrails />;
  if (page === "cost" && !id) return <Cost />;
  if (page === "budgets" && !id) return <Budgets />;
  if (page === "frameworks" && !id) return <Frameworks />;
  if (page === "map" && !id) return <MapPage />;
  if (page === "alerts" && !id) return <Alerts />;
  if (page === "incidents") return id ? <IncidentPage key={id} id={id} /> : <Incidents />;
  if (page === "slos" && !id) return <Slos />;
  if (page === "sql" && !id) return <Sql />;
  if (page === "events" && !id) return <Events />;
  // /metrics is what Prometheus scrapes.
  if (page === "measurements" && !id) return <Metrics />;
  if (page === "system" && !id) return <System />;
  if (page === "data" && !id) return <Data />;
  if (page === "access" && !id) return <Access />;
  if (page === "audit" && !id) return <Audit />;
  if (page === "dashboards") return id ? <DashboardPage key={id} id={id} /> : <Dashboards />;
  return (
    <Failure error={new Problem(t("There is no such page"), 404, t("Choose a page from the menu."), path)} />
  );
}

// The code of the first page is read while it is asked who is here.
readAhead(pageAt(window.location.pathname));

export function App() {
  const { path, params } = usePlace();
  useEffect(() => foldFormer(path, params), [path, params]);
  useEffect(() => {
    const to = MOVED[path];
    if (to) navigate(to + window.location.search, { replace: true });
  }, [path]);
  useEffect(() => {
    const [, , id = ""] = path.split("/");
    document.title = [id ? decoded(id).slice(0, 12) : "", pageOf(path)?.label(), "Quipu"]
      .filter(Boolean)
      .join(" · ");
  }, [path]);
  // Whether anybody has to say who they are is known before anything else is asked.
  const me = useMe();
  const stranger = me.data?.access === true && !me.data.principal;
  useEffect(() => {
    if (me.data) remember("stranger", stranger ? "yes" : null);
  }, [me.data, stranger]);
  if (me.isPending) return <Loading />;
  if (me.data && stranger)
    return (
      <Suspense fallback={<Loading />}>
        <Login me={me.data} />
      </Suspense>
    );
  if (me.data?.principal && me.data.password_change_required)
    return (
      <Suspense fallback={<Loading />}>
        <FirstPassword name={me.data.principal.name} />
      </Suspense>
    );
  return (
    <Shell>
      <Boundary key={path}>
        <Suspense fallback={<Loading />}>{MOVED[path] ? null : pageAt(path)}</Suspense>
      </Boundary>
    </Shell>
  );
}
