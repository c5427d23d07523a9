// What are the agents doing, does it go well, and what does it cost? Four figures first, then over time, then who, what and why.
import { lazy, Suspense, useEffect } from "react";
import { useAsk } from "../../api/ask";
import { useStatus } from "../../api/queries";
import { Loading } from "../../components/Loading";
import { PageHead, TopBar } from "../../components/PageTop";
import { NothingMatches } from "../../components/States";
import { t } from "../../lib/i18n";
import { rangeLabel } from "../../lib/time";
import { useScope } from "../../state/filters";
import { useFollowing } from "../../state/follow";
import { setParams } from "../../state/url";
import { FigureRow } from "./Figures";
import "./overview.css";

let askedForFigures: () => void;
const figuresAsked = new Promise<void>((done) => {
  askedForFigures = done;
});

/** The panels draw charts, with more code: it is read once the figures, which come first, are asked for. */
const Panels = lazy(async () => {
  await figuresAsked;
  return { default: (await import("./Panels")).Panels };
});

// Only a server without data needs it.
const TeachToSend = lazy(async () => ({
  default: (await import("../../components/FirstSteps")).TeachToSend,
}));

export function Overview() {
  const scope = useScope();
  const refetch = useFollowing() ? 5_000 : 30_000;
  const status = useStatus();
  const traces = useAsk({ from: "traces" }, scope, refetch);
  useEffect(() => askedForFigures(), []);
  const body = () => {
    if (status.data?.store.spans === 0)
      return (
        <Suspense>
          <TeachToSend what={t("traces")} />
        </Suspense>
      );
    if (traces.data && traces.data.total.count === 0) {
      return (
        <NothingMatches what={t("traces")}>
          <button
            type="button"
            className="button"
            onClick={() => setParams({ range: "all", since: null, until: null, filter: null })}
          >
            {t("Show all time")}
          </button>
        </NothingMatches>
      );
    }
    return (
      <div className="overview">
        <FigureRow scope={scope} refetch={refetch} />
        <Suspense fallback={<Loading />}>
          <Panels scope={scope} refetch={refetch} />
        </Suspense>
      </div>
    );
  };
  return (
    <>
      <TopBar />
      <PageHead title={t("Overview")}>
        <span>{rangeLabel(scope.range)}</span>
        <span className="faint hint-wide">{t("Drag on a chart to zoom")}</span>
      </PageHead>
      <div className="page-body scrolls">{body()}</div>
    </>
  );
}
