// The frame of every page: the cord of pages on the left, filters and time above, the thin bar when the line is lost.
import { type ReactNode, useEffect, useState } from "react";
import { useConnection, useLive } from "../api/live";
import { queryClient, useStatus } from "../api/queries";
import { bytes, compact } from "../lib/format";
import { setFollowing, useFollowing } from "../state/follow";
import { useKeys } from "../state/keys";
import { PAGES } from "../state/pages";
import { cycleTheme, useTheme } from "../state/theme";
import { href, navigate, usePlace } from "../state/url";
import { FilterBar } from "./FilterBar";
import { Icon } from "./Icon";
import { Link } from "./Link";
import { Mark } from "./Mark";
import { Palette } from "./Palette";
import { RangePicker } from "./RangePicker";

export function Shell({ children }: { children: ReactNode }) {
  const { path } = usePlace();
  const [palette, setPalette] = useState(false);
  const chords = Object.fromEntries(
    PAGES.map((page) => [
      `g ${page.key}`,
      (event: KeyboardEvent) => {
        event.preventDefault();
        navigate(href(page.path));
      },
    ]),
  );
  useKeys({
    ...chords,
    "mod+k": (event) => {
      event.preventDefault();
      setPalette((open) => !open);
    },
  });
  // What came while the line was lost is unknown, so everything on the screen is asked again.
  useLive((frame) => {
    if (frame.type !== "reopened") return;
    // An open trace decides for itself: a large one is not read again unasked.
    const large = new Set<unknown>(["trace", "trace-full"]);
    void queryClient.invalidateQueries({ predicate: (query) => !large.has(query.queryKey[0]) });
  });
  return (
    <div className="shell">
      <Rail path={path} openPalette={() => setPalette(true)} />
      <div className="page">
        <LostLine />
        {children}
      </div>
      {palette ? <Palette close={() => setPalette(false)} /> : null}
    </div>
  );
}

function Rail({ path, openPalette }: { path: string; openPalette: () => void }) {
  const status = useStatus();
  const theme = useTheme();
  const store = status.data?.store;
  return (
    <nav className="rail" aria-label="Pages">
      <Link className="brand" href={href("/traces")}>
        <Mark size={26} />
        <span>quipu</span>
      </Link>
      <ul className="cord">
        {PAGES.map((page) => (
          <li key={page.path}>
            <Link
              href={href(page.path)}
              title={`${page.label} (g ${page.key})`}
              aria-current={path.startsWith(page.path) ? "page" : undefined}
            >
              <i className="cord-knot" />
              <span>{page.label}</span>
            </Link>
          </li>
        ))}
      </ul>
      <div className="rail-foot">
        {status.data?.demo ? <span className="demo-mark">Demo data</span> : null}
        {store ? (
          <span className="faint" title={store.uri}>
            {compact(store.spans)} spans
            {store.bytes === null ? null : <br />}
            {store.bytes === null ? null : `${bytes(store.bytes)} stored`}
          </span>
        ) : null}
        {status.data ? <span className="faint">version {status.data.version}</span> : null}
        <span className="rail-tools">
          <button
            type="button"
            className="icon-button"
            title={`Theme: ${theme}`}
            aria-label={`Theme: ${theme}`}
            onClick={cycleTheme}
          >
            <Icon name={theme} />
          </button>
          <button type="button" className="quiet-button" title="Go to …" onClick={openPalette}>
            <kbd>⌘K</kbd>
          </button>
        </span>
      </div>
    </nav>
  );
}

function LostLine() {
  const connection = useConnection();
  const status = useStatus();
  useEffect(() => {
    if (connection === "lost") void queryClient.invalidateQueries({ queryKey: ["status"] });
  }, [connection]);
  if (connection !== "lost") return null;
  return (
    <div className="lost-line" role="status">
      {status.isError || status.isFetching
        ? "The server does not answer. What you see stays; new data comes once it answers again."
        : "The live feed is interrupted and opens again by itself. Everything else answers."}
    </div>
  );
}

/** Filters, time range and the live switch. */
export function TopBar() {
  const following = useFollowing();
  const connection = useConnection();
  const live = connection === "open";
  return (
    <header className="top-bar">
      <FilterBar />
      <RangePicker />
      <button
        type="button"
        className={`button live-button ${following && live ? "is-live" : ""}`}
        aria-pressed={following}
        title={live ? "Follow what arrives" : "The live feed is not connected"}
        onClick={() => setFollowing(!following)}
      >
        <i className="live-dot" />
        <span>{connection === "lost" ? "Offline" : "Live"}</span>
      </button>
    </header>
  );
}

/** The line below the top bar: what the page is, and what it holds. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      <div className="page-facts">{children}</div>
    </div>
  );
}
