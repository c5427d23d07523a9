// What happened within a span, why it failed, and which spans it refers to.
import type { ReactNode } from "react";
import type { Span } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Json } from "../../components/Json";
import { Link } from "../../components/Link";
import { duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { fullTime, offsetMs, secondOf } from "../../lib/time";
import { href } from "../../state/url";

export const Note = ({ children }: { children: ReactNode }) => <p className="panel-note">{children}</p>;

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

interface Failed {
  type: string;
  message: string;
  stack: string;
}

/** Errors of a span: its exceptions, else what its status says. Empty for a span that did not fail. */
function errorsOf(span: Span): Failed[] {
  const thrown = (span.events ?? [])
    .filter((event) => event.name === "exception")
    .map(({ attributes }) => ({
      type: text(attributes["exception.type"]),
      message: text(attributes["exception.message"]),
      stack: text(attributes["exception.stacktrace"]),
    }));
  if (thrown.length > 0) return thrown;
  if (span.status !== "error") return [];
  return [{ type: span.error_type ?? "", message: span.status_message ?? "", stack: "" }];
}

/** Why it failed, without the stack that some senders put behind it; null for a span that says nothing. */
export function errorText(span: Span): string | null {
  const said = span.status_message || span.error_type || null;
  const [first = ""] = said?.split(/\n|Traceback \(most recent/) ?? [];
  return said === null ? null : first.slice(0, 240) || said.slice(0, 240);
}

export const errorOf = (span: Span): Failed | null => errorsOf(span)[0] ?? null;

export function ErrorTab({ span }: { span: Span }) {
  const errors = errorsOf(span);
  return (
    <div className="errors">
      {errors.map((error, index) => (
        <section key={index} className="event is-exception">
          <header>
            <strong>{error.type || t("Error")}</strong>
            <span className="push" />
            <Copy
              text={[`${error.type}: ${error.message}`, error.stack].filter(Boolean).join("\n")}
              what={t("Copy the error")}
            />
          </header>
          <p className="error-message">{error.message || t("The sender recorded no message.")}</p>
          {error.stack ? (
            <Stack stack={error.stack} />
          ) : (
            <p className="faint">{t("The sender recorded no stack trace.")}</p>
          )}
        </section>
      ))}
      {span.status_message && !errors.some(({ message }) => message === span.status_message) ? (
        <p className="panel-note">{t("Status: {message}", { message: span.status_message })}</p>
      ) : null}
    </div>
  );
}

function Stack({ stack }: { stack: string }) {
  return (
    <div className="stack-box">
      <pre className="stack">{stack}</pre>
      <Copy text={stack} what={t("Copy the stack trace")} />
    </div>
  );
}

export function Events({ span }: { span: Span }) {
  const events = span.events ?? [];
  if (events.length === 0) return <Note>{t("This span recorded no events.")}</Note>;
  const origin = secondOf(span.started_at);
  return (
    <ol className="events">
      {events.map((event, index) => {
        const after = offsetMs(event.time, origin) - offsetMs(span.started_at, origin);
        const stack = text(event.attributes["exception.stacktrace"]);
        const rest = Object.entries(event.attributes).filter(([name]) => !name.startsWith("exception."));
        return (
          <li key={index} className={event.name === "exception" ? "event is-exception" : "event"}>
            <header>
              <strong>{text(event.attributes["exception.type"]) || event.name}</strong>
              <span className="figure faint push" title={fullTime(event.time)}>
                +{duration(after)}
              </span>
            </header>
            {event.attributes["exception.message"] ? (
              <p>{text(event.attributes["exception.message"])}</p>
            ) : null}
            {stack ? <Stack stack={stack} /> : null}
            {rest.length > 0 ? <Json value={Object.fromEntries(rest)} /> : null}
          </li>
        );
      })}
    </ol>
  );
}

const TRACE_ID = /^[0-9a-f]{32}$/;

export function Links({ span, traceId }: { span: Span; traceId: string }) {
  const links = span.links ?? [];
  if (links.length === 0) return <Note>{t("This span links to no other.")}</Note>;
  return (
    <ul className="links">
      {links.map((link, index) => (
        <li key={index}>
          {TRACE_ID.test(link.trace_id) ? (
            <Link href={href(`/traces/${link.trace_id}`, { span: link.span_id })} className="mono">
              {link.trace_id === traceId ? t("this trace") : link.trace_id.slice(0, 16)} · {link.span_id}
            </Link>
          ) : (
            <span className="mono">
              {link.trace_id} · {link.span_id}
            </span>
          )}
          {Object.keys(link.attributes).length > 0 ? <Json value={link.attributes} /> : null}
        </li>
      ))}
    </ul>
  );
}
