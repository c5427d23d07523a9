import "../styles/parts.css";
import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Trouble } from "./States";

interface Props {
  title: string;
  /** Figures or words beside the title. */
  note?: ReactNode;
  children: ReactNode;
}

/** A part of a page with its own question. */
export function Panel({ title, note, children }: Props) {
  return (
    <section className="part">
      <header>
        <h2>{title}</h2>
        {note ? <span className="muted">{note}</span> : null}
      </header>
      {children}
    </section>
  );
}

interface AnsweredProps<T> {
  query: UseQueryResult<T>;
  /** Lines that the answer will roughly take. */
  lines: number;
  children: (data: T) => ReactNode;
}

/** What a query answers, or that it is under way or failed, in the same place. */
export function Answered<T>({ query, lines, children }: AnsweredProps<T>) {
  if (query.data !== undefined) return <>{children(query.data)}</>;
  if (query.isError) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="part-wait" aria-hidden="true">
      {Array.from({ length: lines }, (_, index) => (
        <i key={index} style={{ width: `${88 - ((index * 23) % 40)}%` }} />
      ))}
    </div>
  );
}
