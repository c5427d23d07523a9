import { lazy, Suspense, useEffect } from "react";
import { Problem } from "./api/client";
import { Boundary } from "./components/Boundary";
import { Shell } from "./components/Shell";
import { Failure } from "./components/States";
import { navigate, usePlace } from "./state/url";

// A page's code is read when the page is first opened.
const Traces = lazy(async () => ({ default: (await import("./pages/Traces")).Traces }));
const Trace = lazy(async () => ({ default: (await import("./pages/trace/Trace")).Trace }));
const Sessions = lazy(async () => ({ default: (await import("./pages/Sessions")).Sessions }));
const SessionPage = lazy(async () => ({ default: (await import("./pages/Sessions")).SessionPage }));
const Tools = lazy(async () => ({ default: (await import("./pages/Tools")).Tools }));
const Frameworks = lazy(async () => ({ default: (await import("./pages/Frameworks")).Frameworks }));
const Cost = lazy(async () => ({ default: (await import("./pages/cost/Cost")).Cost }));
const Budgets = lazy(async () => ({ default: (await import("./pages/budgets/Budgets")).Budgets }));

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Addresses that are another page's. */
const MOVED: Record<string, string> = { "/": "/traces", "/usage": "/cost" };

function Page({ path }: { path: string }) {
  const [, page, ...rest] = path.split("/");
  const id = decoded(rest.join("/"));
  if (page === "traces") return id ? <Trace key={id} traceId={id} /> : <Traces />;
  if (page === "sessions") return id ? <SessionPage key={id} sessionId={id} /> : <Sessions />;
  if (page === "tools" && !id) return <Tools />;
  if (page === "cost" && !id) return <Cost />;
  if (page === "budgets" && !id) return <Budgets />;
  if (page === "frameworks" && !id) return <Frameworks />;
  return (
    <Failure error={new Problem("There is no such page", 404, "The pages are listed on the left.", path)} />
  );
}

export function App() {
  const { path } = usePlace();
  useEffect(() => {
    const to = MOVED[path];
    if (to) navigate(to + window.location.search, { replace: true });
  }, [path]);
  useEffect(() => {
    const [, page = "", id = ""] = path.split("/");
    const name = page ? page.charAt(0).toUpperCase() + page.slice(1) : "";
    document.title = [id ? decoded(id).slice(0, 12) : "", name, "Quipu"].filter(Boolean).join(" · ");
  }, [path]);
  return (
    <Shell>
      <Boundary key={path}>
        <Suspense fallback={null}>{MOVED[path] ? null : <Page path={path} />}</Suspense>
      </Boundary>
    </Shell>
  );
}
