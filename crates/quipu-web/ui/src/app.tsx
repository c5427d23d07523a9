import { useEffect } from "react";
import { Problem } from "./api/client";
import { Shell } from "./components/Shell";
import { Failure } from "./components/States";
import { SessionPage, Sessions } from "./pages/Sessions";
import { Tools } from "./pages/Tools";
import { Traces } from "./pages/Traces";
import { Trace } from "./pages/trace/Trace";
import { Usage } from "./pages/usage/Usage";
import { navigate, usePlace } from "./state/url";

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function Page({ path }: { path: string }) {
  const [, page, ...rest] = path.split("/");
  const id = decoded(rest.join("/"));
  if (page === "traces") return id ? <Trace key={id} traceId={id} /> : <Traces />;
  if (page === "sessions") return id ? <SessionPage key={id} sessionId={id} /> : <Sessions />;
  if (page === "tools" && !id) return <Tools />;
  if (page === "usage" && !id) return <Usage />;
  return (
    <Failure error={new Problem("There is no such page", 404, "The pages are listed on the left.", path)} />
  );
}

export function App() {
  const { path } = usePlace();
  useEffect(() => {
    if (path === "/") navigate(`/traces${window.location.search}`, { replace: true });
  }, [path]);
  useEffect(() => {
    const [, page = "", id = ""] = path.split("/");
    const name = page ? page.charAt(0).toUpperCase() + page.slice(1) : "";
    document.title = [id ? decoded(id).slice(0, 12) : "", name, "Quipu"].filter(Boolean).join(" · ");
  }, [path]);
  return <Shell>{path === "/" ? null : <Page path={path} />}</Shell>;
}
