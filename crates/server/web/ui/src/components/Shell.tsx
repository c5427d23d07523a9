// The frame of every page: the cord of pages on the left, and the thin bar when the line is lost.
import { type ReactNode, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { askAnew, paced } from "../api/again";
import { useConnection, useLive } from "../api/live";
import { queryClient, useStatus } from "../api/queries";
import type { ServerStatus } from "../api/types";
import { t } from "../lib/i18n";
import { filterHref } from "../state/filters";
import { useKeys } from "../state/keys";
import { PAGES } from "../state/pages";
import { useMissingParts } from "../state/partial";
import { part } from "../state/prefetch";
import { navigate, usePlace } from "../state/url";
import { Rail } from "./Rail";

// Nothing of these is on the first screen.
const Palette = part(async () => (await import("./Palette")).Palette);
const Shortcuts = part(async () => (await import("./Shortcuts")).Shortcuts);

/** Answers that decide for themselves what a gap means: they are large, or have many pages. */
const LARGE = new Set<unknown>(["trace", "trace-full", "outline", "traces", "events", "filter-check"]);
/** In a flood frames are left out many times a second. */
const LAGGED_MS = 1_500;
/** Between two looks at a server that has just got its first trace. */
const FIRST_MS = 800;

const askScreen = () =>
  askAnew(queryClient, {
    predicate: (query) => !LARGE.has(query.queryKey[0]) || query.state.status === "error",
  }).catch(() => undefined); // Whatever failed says so in its place.

/** Whether the page still says that the server has no data. */
const isEmpty = () => queryClient.getQueryData<ServerStatus>(["status"])?.store.spans === 0;

/** The first trace is in: every page of an empty server asks again, and once more while the status says that nothing is stored. */
async function askFirst(): Promise<void> {
  await askScreen();
  if (isEmpty()) throw new Error("no spans yet");
}

function useAskAgain(): void {
  const lagged = useMemo(() => paced(askScreen, LAGGED_MS), []);
  useEffect(() => lagged.stop, [lagged]);
  const first = useMemo(() => paced(askFirst, FIRST_MS, 0), []);
  useEffect(() => first.stop, [first]);
  // What came while the line was lost is unknown, so everything on the screen is asked again.
  useLive((frame) => {
    if (frame.type === "reopened") void askScreen();
    else if (frame.type === "lagged") lagged.soon();
    else if (frame.type === "trace" && isEmpty()) first.soon();
  });
}

export function Shell({ children }: { children: ReactNode }) {
  const { path } = usePlace();
  const [over, setOver] = useState<"palette" | "keys" | null>(null);
  const chords = Object.fromEntries(
    PAGES.map((page) => [
      `g ${page.key}`,
      (event: KeyboardEvent) => {
        event.preventDefault();
        navigate(filterHref(page.path));
      },
    ]),
  );
  const toggle = (what: "palette" | "keys") => (event: KeyboardEvent) => {
    event.preventDefault();
    setOver((open) => (open === what ? null : what));
  };
  useKeys({ ...chords, "mod+k": toggle("palette"), "?": toggle("keys") });
  useAskAgain();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page closes what lies over this one
  useEffect(() => setOver(null), [path]);
  return (
    <div className="shell">
      <a className="skip-link" href="#content">
        {t("Skip to the content")}
      </a>
      <Rail openPalette={() => setOver("palette")} openKeys={() => setOver("keys")} />
      <main className="page" id="content" tabIndex={-1}>
        <LostLine />
        <PartialLine />
        {children}
      </main>
      <Suspense>
        {over === "palette" ? <Palette close={() => setOver(null)} /> : null}
        {over === "keys" ? <Shortcuts close={() => setOver(null)} /> : null}
      </Suspense>
    </div>
  );
}

/** Says which parts of the store the figures on the screen lack. */
function PartialLine() {
  const missing = useMissingParts();
  if (!missing) return null;
  return (
    <div className="lost-line" role="status">
      {t("These figures are partial: {missing} is away.", { missing })}
    </div>
  );
}

function LostLine() {
  const connection = useConnection();
  const status = useStatus();
  useEffect(() => {
    if (connection === "lost") void queryClient.invalidateQueries({ queryKey: ["status"] });
  }, [connection]);
  const version = status.data?.version;
  const first = useRef(version);
  first.current ??= version;
  if (connection !== "lost" && version !== first.current)
    return (
      <div className="lost-line is-newer" role="status">
        {t("The server is another version now: {version}.", { version: version ?? "" })}{" "}
        <button type="button" className="quiet-button" onClick={() => window.location.reload()}>
          {t("Reload the page")}
        </button>
      </div>
    );
  if (connection !== "lost") return null;
  return (
    <div className="lost-line" role="status">
      {status.isError || status.isFetching
        ? t("The server does not answer. The page keeps its data and updates when the server is back.")
        : t("The live feed is interrupted and reconnects automatically. All other data is available.")}
    </div>
  );
}
