// Filters, time range and title above the content of a page. Not part of the frame, which is there first.
import type { ReactNode } from "react";
import { FilterBar } from "./FilterBar";
import { LiveButton } from "./LiveButton";
import { PageHelp } from "./PageHelp";
import { RangePicker } from "./RangePicker";
import { ViewTabs } from "./ViewTabs";

/** Filters, time range and the live switch. */
export function TopBar() {
  return (
    <>
      <header className="top-bar">
        <FilterBar />
        <RangePicker />
        <LiveButton />
      </header>
      <ViewTabs />
    </>
  );
}

interface HeadProps {
  title: string;
  /** What the page holds, in words and figures. */
  children?: ReactNode;
  /** What can be done with it, at the end of the line. */
  tools?: ReactNode;
}

/** The line below the top bar. */
export function PageHead({ title, children, tools }: HeadProps) {
  return (
    <div className="page-head">
      <h1>{title}</h1>
      <PageHelp />
      <div className="page-facts">{children}</div>
      {tools ? <div className="page-tools">{tools}</div> : null}
    </div>
  );
}
