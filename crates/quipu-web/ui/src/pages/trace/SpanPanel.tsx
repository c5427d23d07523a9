// One span: what was said, what it used and cost, and the raw truth below.
import type { ReactNode } from "react";
import { useSpan } from "../../api/queries";
import type { Span } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Icon } from "../../components/Icon";
import { Json } from "../../components/Json";
import { KindTag } from "../../components/KindTag";
import { Link } from "../../components/Link";
import { hasCost } from "../../components/Money";
import { Failure, SkeletonRows } from "../../components/States";
import { StatusText } from "../../components/StatusText";
import { duration, plural, usdExact, usdHeadline } from "../../lib/format";
import { hueOf } from "../../lib/kinds";
import { fullTime, offsetMs, secondOf } from "../../lib/time";
import type { Node } from "../../lib/tree";
import { selfMs } from "../../lib/tree";
import { messagesOf } from "../../lib/turns";
import { href, setParams, usePlace } from "../../state/url";
import { Attributes } from "./Attributes";
import { LensTab } from "./LensTab";
import { MessageView } from "./Messages";
import { TokensTab } from "./TokensTab";

const TABS = ["messages", "tokens", "lens", "attributes", "events", "links", "raw"] as const;
type Tab = (typeof TABS)[number];

const NAMES: Record<Tab, string> = {
  messages: "Messages",
  tokens: "Cost",
  lens: "Lens",
  attributes: "Attributes",
  events: "Events",
  links: "Links",
  raw: "Raw",
};

function countOf(tab: Tab, span: Span): number | null {
  if (tab === "messages") return messagesOf(span).length;
  if (tab === "attributes") return Object.keys(span.attributes ?? {}).length;
  if (tab === "events") return span.events?.length ?? 0;
  if (tab === "links") return span.links?.length ?? 0;
  return null;
}

/** The tab that says most about this span, when none was asked for. */
function bestTab(span: Span): Tab {
  const failed = (span.events ?? []).some((event) => event.name === "exception");
  if (failed) return "events";
  if (countOf("messages", span)) return "messages";
  return span.tokens && span.tokens.total > 0 ? "tokens" : "attributes";
}

interface Props {
  traceId: string;
  node: Node;
  onClose: () => void;
}

export function SpanPanel({ traceId, node, onClose }: Props) {
  const { params } = usePlace();
  const query = useSpan(traceId, node.span.span_id);
  const span = query.data ?? node.span;
  const asked = TABS.find((tab) => tab === params.get("tab"));
  const tab = asked ?? bestTab(span);
  return (
    <aside className="panel" aria-label="Span">
      <PanelHead span={span} node={node} onClose={onClose} />
      <div className="tabs" role="tablist">
        {TABS.map((name) => {
          const size = query.data ? countOf(name, query.data) : null;
          return (
            <button
              key={name}
              type="button"
              role="tab"
              aria-selected={name === tab}
              className={`tab ${name === tab ? "is-chosen" : ""} ${size === 0 ? "is-empty" : ""}`}
              onClick={() => setParams({ tab: name }, { replace: true })}
            >
              {NAMES[name]}
              {size ? <span className="tab-count">{size}</span> : null}
            </button>
          );
        })}
      </div>
      <div className="panel-body" key={node.span.span_id}>
        {query.isError ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : query.data ? (
          <TabBody tab={tab} span={query.data} traceId={traceId} />
        ) : (
          <SkeletonRows rows={6} />
        )}
      </div>
    </aside>
  );
}

function PanelHead({ span, node, onClose }: { span: Span; node: Node; onClose: () => void }) {
  const facts: ReactNode[] = [
    <span key="duration" className="figure">
      {span.duration_ms === null ? "running" : duration(span.duration_ms)}
    </span>,
    node.children.length > 0 ? (
      <span key="self" className="figure" title="Time in which none of its children ran">
        self {duration(selfMs(node))}
      </span>
    ) : null,
    span.ttft_ms !== null ? (
      <span key="ttft" className="figure" title="Time to the first token">
        ttft {duration(span.ttft_ms)}
      </span>
    ) : null,
    hasCost(span) && span.cost_usd !== null ? (
      <button
        key="cost"
        type="button"
        className="fact-button figure"
        title={`${usdExact(span.cost_usd)}${span.billing === "subscription" ? " at list price, within a subscription" : ""}\nShow how it comes about`}
        onClick={() => setParams({ tab: "tokens" }, { replace: true })}
      >
        {span.reported_deviates ? <i className="deviation-mark" aria-hidden="true" /> : null}
        <span>
          {usdHeadline(span.cost_usd)}
          {span.billing === "subscription" ? " at list price" : ""}
        </span>
      </button>
    ) : null,
    span.finish_reasons?.length ? <span key="finish">{span.finish_reasons.join(", ")}</span> : null,
    span.provider ? <span key="provider">{span.provider}</span> : null,
    span.agent ? <span key="agent">agent {span.agent}</span> : null,
    <span key="at" className="figure" title={fullTime(span.started_at)}>
      at +{duration(node.start)}
    </span>,
  ];
  return (
    <header className={`panel-head hue-${hueOf(span.kind)}`}>
      <div className="panel-title">
        <h2 title={span.name}>{span.name}</h2>
        <KindTag kind={span.kind} />
        <Copy text={span.span_id} what={`Copy the span id ${span.span_id}`} />
        <button
          type="button"
          className="icon-button"
          title="Close (esc)"
          aria-label="Close"
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <p className="facts">
        {span.status === "ok" || span.status === "unset" ? null : <StatusText status={span.status} />}
        {facts}
      </p>
      {span.status === "error" && (span.status_message || span.error_type) ? (
        <p className="status-message">{span.status_message ?? span.error_type}</p>
      ) : null}
    </header>
  );
}

function TabBody({ tab, span, traceId }: { tab: Tab; span: Span; traceId: string }) {
  switch (tab) {
    case "messages":
      return <Conversation span={span} />;
    case "tokens":
      return <TokensTab span={span} traceId={traceId} />;
    case "lens":
      return <LensTab traceId={traceId} spanId={span.span_id} />;
    case "attributes":
      return <Attributes span={span} />;
    case "events":
      return <Events span={span} />;
    case "links":
      return <Links span={span} traceId={traceId} />;
    case "raw":
      return (
        <div className="raw">
          <Copy text={JSON.stringify(span, null, 2)} label="Copy JSON" />
          <Json value={span} />
        </div>
      );
  }
}

const Note = ({ children }: { children: ReactNode }) => <p className="panel-note">{children}</p>;

function Conversation({ span }: { span: Span }) {
  const messages = messagesOf(span);
  if (messages.length === 0) {
    return (
      <Note>
        This span carries no messages. Instrumentations record them only when told to capture content, and a
        redaction rule can drop them.
      </Note>
    );
  }
  const answersFrom = span.input_messages?.length ?? 0;
  return (
    <div className="chat">
      {span.tool_definitions?.length ? (
        <details className="offered">
          <summary>{plural(span.tool_definitions.length, "tool")} offered to the model</summary>
          <Json value={span.tool_definitions} />
        </details>
      ) : null}
      {messages.map((message, index) => (
        <div key={index} className={index === answersFrom && index > 0 ? "chat-turn" : undefined}>
          <MessageView message={message} />
        </div>
      ))}
    </div>
  );
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function Events({ span }: { span: Span }) {
  const events = span.events ?? [];
  if (events.length === 0) return <Note>This span recorded no events.</Note>;
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
              <span className="figure faint" title={fullTime(event.time)}>
                +{duration(after)}
              </span>
              {stack ? <Copy text={stack} what="Copy the stack trace" /> : null}
            </header>
            {event.attributes["exception.message"] ? (
              <p>{text(event.attributes["exception.message"])}</p>
            ) : null}
            {stack ? <pre className="stack">{stack}</pre> : null}
            {rest.length > 0 ? <Json value={Object.fromEntries(rest)} /> : null}
          </li>
        );
      })}
    </ol>
  );
}

function Links({ span, traceId }: { span: Span; traceId: string }) {
  const links = span.links ?? [];
  if (links.length === 0) return <Note>This span links to no other.</Note>;
  return (
    <ul className="links">
      {links.map((link, index) => (
        <li key={index}>
          <Link href={href(`/traces/${link.trace_id}`, { span: link.span_id })} className="mono">
            {link.trace_id === traceId ? "this trace" : link.trace_id.slice(0, 16)} · {link.span_id}
          </Link>
          {Object.keys(link.attributes).length > 0 ? <Json value={link.attributes} /> : null}
        </li>
      ))}
    </ul>
  );
}
