// The frame of a work page: what it is, its parts in one scroll, and beside them the part of the row that is open.
import "../../styles/parts.css";
import "./roster.css";
import type { UseQueryResult } from "@tanstack/react-query";
import { createContext, type ReactNode, useContext, useEffect, useRef } from "react";
import { useStatus } from "../../api/queries";
import { TeachToSend } from "../../components/FirstSteps";
import { Icon } from "../../components/Icon";
import { PageHead, TopBar } from "../../components/PageTop";
import { Failure, NothingMatches, SkeletonRows } from "../../components/States";
import { t } from "../../lib/i18n";
import { useKeys } from "../../state/keys";
import { closeDetail } from "./place";

interface Props {
  title: string;
  facts?: ReactNode;
  /** Other readings of the same, beside the title. */
  tabs?: ReactNode;
  query: Pick<UseQueryResult<unknown>, "isError" | "isPending" | "error" | "refetch" | "data">;
  /** Whether what came is nothing. */
  empty: boolean;
  /** What there is none of, as "tool calls". */
  what: string;
  /** In place of what an empty store and an empty range usually say. */
  teach?: ReactNode;
  /** The shape that is to come; figures, a chart and rows when left out. */
  skeleton?: ReactNode;
  detail: ReactNode;
  children: ReactNode;
}

export function WorkPage(props: Props) {
  const { query, empty, what } = props;
  const status = useStatus();
  const body = () => {
    if (query.isError && query.data === undefined)
      return <Failure error={query.error} retry={() => void query.refetch()} />;
    if (query.isPending) return props.skeleton ?? <WorkSkeleton />;
    if (!empty) return props.children;
    if (status.data?.store.spans === 0 && !props.teach) return <TeachToSend what={what} />;
    return props.teach ?? <NothingMatches what={what} />;
  };
  return (
    <>
      <TopBar />
      <PageHead title={props.title}>
        {props.tabs}
        {query.data !== undefined && !empty ? props.facts : null}
      </PageHead>
      <div className={props.detail ? "work has-detail" : "work"}>
        <div className="work-main">{body()}</div>
        {props.detail}
      </div>
    </>
  );
}

/** The shape that is to come: figures, a chart, rows. */
function WorkSkeleton() {
  return (
    <div className="work-skeleton" aria-hidden="true">
      <div className="work-skeleton-figures">
        {Array.from({ length: 6 }, (_, index) => (
          <i key={index} />
        ))}
      </div>
      <div className="work-skeleton-chart" />
      <SkeletonRows rows={8} />
    </div>
  );
}

/** The heading of a part: below the page's title, or below that of the open row. */
const Heading = createContext<"h2" | "h3">("h2");

interface DetailProps {
  /** What kind of thing it is, in its hue. */
  kind: string;
  hue: string;
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** The open row: beside the list, or over it where there is no room. Esc closes it. */
export function Detail({ kind, hue, title, actions, children }: DetailProps) {
  const body = useRef<HTMLDivElement>(null);
  useKeys({
    Escape: (event) => {
      event.preventDefault();
      closeDetail();
    },
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: another row begins at its top
  useEffect(() => {
    body.current?.scrollTo(0, 0);
  }, [title]);
  return (
    <aside className={`work-detail hue-${hue}`} aria-label={title}>
      <header className="work-detail-head">
        <span className="work-detail-kind">{kind}</span>
        <h2 title={title}>{title}</h2>
        {actions}
        <button
          type="button"
          className="icon-button"
          aria-label={t("Close")}
          title={t("Close (Esc)")}
          onClick={closeDetail}
        >
          <Icon name="close" />
        </button>
      </header>
      <div className="work-detail-body" ref={body} tabIndex={0}>
        <Heading.Provider value="h3">{children}</Heading.Provider>
      </div>
    </aside>
  );
}

/** A part of the page or of an open row, with its own question. */
export function WorkPart({
  title,
  note,
  tools,
  children,
}: {
  title: string;
  note?: ReactNode;
  tools?: ReactNode;
  children: ReactNode;
}) {
  const Level = useContext(Heading);
  return (
    <section className="work-part">
      <header>
        <Level>{title}</Level>
        {note ? <span className="muted work-note">{note}</span> : null}
        {tools ? <span className="push work-tools">{tools}</span> : null}
      </header>
      {children}
    </section>
  );
}
