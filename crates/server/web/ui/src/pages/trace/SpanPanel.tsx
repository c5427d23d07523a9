// One span: what was said, what it used and cost, and the raw truth below.
import { useRef } from "react";
import { useSpan } from "../../api/queries";
import type { Span, SpanEstimate, TokenRange, Tokens } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Icon } from "../../components/Icon";
import { Json } from "../../components/Json";
import { KindTag } from "../../components/KindTag";
import { useFirstMark } from "../../components/Marked";
import { hasCost } from "../../components/Money";
import { Failure, SkeletonRows } from "../../components/States";
import { StatusText } from "../../components/StatusText";
import { documentsOf } from "../../lib/documents";
import { count, duration, usdExact, usdHeadline } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import { shortName } from "../../lib/names";
import type { Outline } from "../../lib/outline";
import { fullTime } from "../../lib/time";
import { messagesOf } from "../../lib/turns";
import { setParams, usePlace } from "../../state/url";
import { Attributes } from "./Attributes";
import { Conflicts } from "./Conflicts";
import { Documents } from "./Documents";
import { ErrorTab, Events, errorOf, errorText, Links, Note } from "./Happened";
import { LensTab } from "./LensTab";
import { MessageView } from "./Messages";
import { TokensTab } from "./TokensTab";
import { labelOf as rowLabel } from "./WaterfallRow";

const TABS = [
  "error",
  "conflicts",
  "documents",
  "messages",
  "tokens",
  "lens",
  "attributes",
  "events",
  "links",
  "raw",
] as const;
type Tab = (typeof TABS)[number];

function labelOf(tab: Tab, span: Span): string {
  switch (tab) {
    case "error":
      return t("Error");
    case "conflicts":
      return t("Conflicts");
    case "documents":
      return t("Documents");
    case "messages":
      return span.kind === "tool" ? t("Call and result") : t("Messages");
    case "tokens":
      return t("Cost");
    case "lens":
      return t("How it was read");
    case "attributes":
      return t("Attributes");
    case "events":
      return t("Events");
    case "links":
      return t("Links");
    case "raw":
      return t("Raw");
  }
}

function countOf(tab: Tab, span: Span): number | null {
  if (tab === "documents") return documentsOf(span).length;
  if (tab === "messages") return messagesOf(span).length;
  if (tab === "attributes") return Object.keys(span.attributes ?? {}).length;
  if (tab === "events") return span.events?.length ?? 0;
  if (tab === "links") return span.links?.length ?? 0;
  if (tab === "conflicts") return span.conflicts?.length ?? 0;
  return null;
}

/** The tab that says most about this span, when none was asked for. */
function bestTab(span: Span): Tab {
  if (errorOf(span)) return "error";
  if (countOf("documents", span)) return "documents";
  if (countOf("messages", span)) return "messages";
  return span.tokens && span.tokens.total > 0 ? "tokens" : "attributes";
}

/** Most spans have no error, no conflict and no documents. */
function isThere(tab: Tab, span: Span | undefined): boolean {
  // No source sent an inferred run: there is nothing raw to show of it but the answer.
  if (span?.inferred_from) return tab === "messages" || tab === "raw";
  if (tab === "error") return span !== undefined && errorOf(span) !== null;
  if (tab === "documents") return span !== undefined && documentsOf(span).length > 0;
  if (tab === "conflicts") return (span?.conflicts?.length ?? 0) > 0;
  return true;
}

interface Props {
  traceId: string;
  outline: Outline;
  row: number;
  now: number;
  onClose: () => void;
  onRow: (row: number) => void;
}

export function SpanPanel({ traceId, outline, row, now, onClose, onRow }: Props) {
  const { params } = usePlace();
  const id = outline.ids[row] ?? null;
  const query = useSpan(traceId, id);
  const span = query.data;
  const tabs = TABS.filter((tab) => isThere(tab, span));
  const asked = tabs.find((tab) => tab === params.get("tab"));
  const tab = asked ?? (span ? bestTab(span) : "messages");
  const body = useRef<HTMLDivElement>(null);
  useFirstMark(body, id);
  return (
    <aside className="panel" aria-label={t("Span")}>
      <PanelHead outline={outline} row={row} span={span} now={now} onClose={onClose} onRow={onRow} />
      <div className="tabs" role="tablist" aria-label={t("Span details")}>
        {span
          ? tabs.map((name) => {
              const size = countOf(name, span);
              return (
                <button
                  key={name}
                  type="button"
                  role="tab"
                  aria-selected={name === tab}
                  className={`tab ${name === tab ? "is-chosen" : ""} ${size === 0 ? "is-empty" : ""}`}
                  onClick={() => setParams({ tab: name }, { replace: true })}
                >
                  {labelOf(name, span)}
                  {size ? <span className="tab-count">{size}</span> : null}
                </button>
              );
            })
          : null}
      </div>
      <div
        className="panel-body"
        ref={body}
        key={id}
        role="tabpanel"
        tabIndex={0}
        aria-label={span ? labelOf(tab, span) : t("Span")}
      >
        {query.isError ? (
          <Failure error={query.error} retry={() => void query.refetch()} />
        ) : span ? (
          <TabBody tab={tab} span={span} traceId={traceId} />
        ) : (
          <SkeletonRows rows={6} />
        )}
      </div>
    </aside>
  );
}

interface HeadProps {
  outline: Outline;
  row: number;
  span: Span | undefined;
  now: number;
  onClose: () => void;
  onRow: (row: number) => void;
}

function PanelHead({ outline, row, span, now, onClose, onRow }: HeadProps) {
  const name = span?.name ?? outline.name(row);
  const kind = outline.kind(row);
  const spanId = outline.ids[row] ?? "";
  const failed = outline.isFailed(row);
  return (
    <header className={`panel-head hue-${hueOf(kind)}`}>
      <Above outline={outline} row={row} onRow={onRow} />
      <div className="panel-title">
        <h2 title={name}>{rowLabel(outline, row)}</h2>
        {rowLabel(outline, row) === shortName(name) ? null : <span className="faint span-sub">{name}</span>}
        <KindTag kind={kind} />
        <Copy text={spanId} what={t("Copy the span id {id}", { id: spanId })} />
        <button
          type="button"
          className="icon-button"
          title={t("Close (esc)")}
          aria-label={t("Close")}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      </div>
      <p className="facts">
        {failed ? <StatusText status="error" /> : null}
        <SpanFacts outline={outline} row={row} span={span} now={now} />
      </p>
      {failed && span && errorText(span) ? <p className="status-message">{errorText(span)}</p> : null}
    </header>
  );
}

const MOST_ABOVE = 3;

/** The spans that it runs in, the nearest last. */
function Above({ outline, row, onRow }: { outline: Outline; row: number; onRow: (row: number) => void }) {
  const above: number[] = [];
  for (let at = outline.parent[row] ?? -1; at >= 0; at = outline.parent[at] ?? -1) above.unshift(at);
  if (above.length === 0) return null;
  return (
    <nav className="above" aria-label={t("Spans above")}>
      {above.length > MOST_ABOVE ? <span className="faint">… ›</span> : null}
      {above.slice(-MOST_ABOVE).map((at) => (
        <span key={at}>
          <button type="button" className="quiet-button" onClick={() => onRow(at)}>
            {shortName(outline.name(at))}
          </button>
          <span className="faint" aria-hidden="true">
            ›
          </span>
        </span>
      ))}
    </nav>
  );
}

/** A name of any length in one line, whole on hover. */
function Name({ text }: { text: string }) {
  return (
    <span className="fact-name" title={text}>
      {text}
    </span>
  );
}

function SpanFacts({ outline, row, span, now }: Omit<HeadProps, "onClose" | "onRow">) {
  const ms = outline.duration[row] ?? -1;
  const token = outline.firstToken[row] ?? -1;
  const start = outline.startOf(row);
  const running = now - Date.parse(outline.trace.started_at) - start;
  return (
    <>
      <span className="figure">
        {ms < 0 ? t("running for {time}", { time: duration(running) }) : duration(ms)}
      </span>
      {outline.hasChildren(row) ? (
        <span className="figure" title={t("Time without a running child span")}>
          {t("self {time}", { time: duration(outline.self[row] ?? 0) })}
        </span>
      ) : null}
      {token >= 0 ? (
        <span className="figure" title={t("Time to the first token")}>
          {t("ttft {time}", { time: duration(token) })}
        </span>
      ) : null}
      {span?.tokens && span.tokens.total > 0 ? <Used tokens={span.tokens} /> : null}
      {outline.isInferred(row) ? (
        <span
          title={t(
            "From the end of the call that asked for it to the start of the call that was given its result",
          )}
        >
          {t("inferred, at most")}
        </span>
      ) : null}
      {span ? <Cost span={span} /> : null}
      {span?.estimated ? <Estimated of={span.estimated} /> : null}
      {span?.finish_reasons?.length ? <Name text={span.finish_reasons.join(", ")} /> : null}
      {span?.provider ? <Name text={span.provider} /> : null}
      {outline.word("agent", row) ? (
        <Name text={t("agent {name}", { name: outline.word("agent", row) ?? "" })} />
      ) : null}
      <span className="figure" title={span ? fullTime(span.started_at) : undefined}>
        {t("at +{time}", { time: duration(start) })}
      </span>
    </>
  );
}

/** Tokens in and out, with the part that came from the cache. */
function Used({ tokens }: { tokens: Tokens }) {
  const used = { input: count(tokens.input), output: count(tokens.output), cached: count(tokens.cache_read) };
  return (
    <span className="figure" title={t("Input and output tokens")}>
      {tokens.cache_read > 0
        ? t("{input} in ({cached} cached) → {output} out", used)
        : t("{input} in → {output} out", { input: used.input, output: used.output })}
    </span>
  );
}

/** What a call without usage used, by its messages: no total has it. */
function Estimated({ of }: { of: SpanEstimate }) {
  const range = ({ low, high }: TokenRange) => `${count(low)}–${count(high)}`;
  const title = t(
    "The source reports no usage. Estimated from the messages: {input} tokens in, {output} out",
    {
      input: range(of.input),
      output: range(of.output),
    },
  );
  return (
    <span className="figure" title={title}>
      {t("≈ {n} tokens", { n: count(of.input.expected + of.output.expected) })}
      {of.cost_low_usd !== null && of.cost_high_usd !== null
        ? ` · ${usdHeadline(of.cost_low_usd)}–${usdHeadline(of.cost_high_usd)}`
        : null}
    </span>
  );
}

function Cost({ span }: { span: Span }) {
  if (!hasCost(span) || span.cost_usd === null) return null;
  const apart = span.billing === "subscription";
  const exact = usdExact(span.cost_usd);
  return (
    <button
      type="button"
      className="fact-button figure"
      title={`${apart ? t("{cost} at list price, within a subscription", { cost: exact }) : exact}\n${t("Show the calculation")}`}
      onClick={() => setParams({ tab: "tokens" }, { replace: true })}
    >
      {span.reported_deviates ? <i className="deviation-mark" aria-hidden="true" /> : null}
      <span>
        {apart ? t("{cost} at list price", { cost: usdHeadline(span.cost_usd) }) : usdHeadline(span.cost_usd)}
      </span>
    </button>
  );
}

function TabBody({ tab, span, traceId }: { tab: Tab; span: Span; traceId: string }) {
  switch (tab) {
    case "error":
      return <ErrorTab span={span} />;
    case "conflicts":
      return <Conflicts span={span} />;
    case "documents":
      return <Documents documents={documentsOf(span)} />;
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
          <Copy text={JSON.stringify(span, null, 2)} label={t("Copy JSON")} />
          <Json value={span} />
        </div>
      );
  }
}

function Conversation({ span }: { span: Span }) {
  const messages = messagesOf(span);
  if (messages.length === 0) {
    return (
      <Note>
        {t(
          "This span has no messages. Instrumentations record them only when content capture is enabled, and a redaction rule can drop them.",
        )}
      </Note>
    );
  }
  const answersFrom = span.input_messages?.length ?? 0;
  return (
    <div className="chat">
      {span.tool_definitions?.length ? (
        <details className="offered">
          <summary>
            {t("{n} tools offered to the model", {
              count: span.tool_definitions.length,
              n: count(span.tool_definitions.length),
            })}
          </summary>
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
