// The same trace read as a chat: each call shows what it added to the conversation, not what it was sent again.
import "./chat.css";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { readFullSpans } from "../../api/outline";
import type { TracePage } from "../../api/types";
import { KindTag } from "../../components/KindTag";
import { SpanMoney } from "../../components/Money";
import { Failure, Loading } from "../../components/States";
import { compact, count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hueOf } from "../../lib/kinds";
import type { Outline } from "../../lib/outline";
import { type Turn, TurnReader } from "../../lib/turns";
import { errorText } from "./Happened";
import { MessageView } from "./Messages";

const SPANS_PER_PAGE = 250;
/** Turns that are kept ready below what is seen. */
const AHEAD = 20;

interface Props {
  traceId: string;
  outline: Outline;
  /** The time that is played; null shows all. */
  at: number | null;
  picked: string | null;
  places: number;
  onPick: (id: string) => void;
}

/** Reads on only what was not read before: pages stay the same objects. */
function useTurns(pages: readonly TracePage[] | undefined): Turn[] {
  const read = useRef<{ reader: TurnReader; pages: TracePage[]; turns: Turn[] } | null>(null);
  return useMemo(() => {
    const known = read.current;
    const goesOn = known?.pages.every((page, index) => pages?.[index] === page) ?? false;
    const next = goesOn && known ? known : { reader: new TurnReader(), pages: [], turns: [] };
    const turns = [...next.turns];
    for (const page of pages?.slice(next.pages.length) ?? []) {
      turns.push(...next.reader.add(page.spans));
      next.pages.push(page);
    }
    next.turns = turns;
    read.current = next;
    return turns;
  }, [pages]);
}

export function Conversation(props: Props) {
  const { traceId, outline, at } = props;
  const query = useInfiniteQuery({
    queryKey: ["trace-full", traceId],
    initialPageParam: "",
    staleTime: 30_000,
    placeholderData: undefined,
    queryFn: ({ pageParam, signal }) => readFullSpans(traceId, pageParam, SPANS_PER_PAGE, signal),
    getNextPageParam: (last) => last.next_after,
  });
  const all = useTurns(query.data?.pages);
  const turns = useMemo(() => {
    if (at === null) return all;
    return all.filter(({ span }) => outline.startOf(Math.max(0, outline.rowOf(span.span_id))) <= at);
  }, [all, at, outline]);
  const { hasNextPage, isFetching, fetchNextPage } = query;
  const none = all.length === 0;
  // Calls without messages leave no turn: read on until there is something to show, or the end.
  useEffect(() => {
    if (none && hasNextPage && !isFetching) void fetchNextPage();
  }, [none, hasNextPage, isFetching, fetchNextPage]);
  if (query.isError && none) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (none && (query.isPending || hasNextPage)) return <Loading what={t("Reading the conversation")} />;
  if (none) return <Silent outline={outline} />;
  return (
    <Turns
      {...props}
      turns={turns}
      waiting={at !== null && turns.length === 0}
      more={hasNextPage}
      onEnd={() => {
        if (hasNextPage && !isFetching) void fetchNextPage();
      }}
    />
  );
}

function Silent({ outline }: { outline: Outline }) {
  const calls = outline.trace.llm_calls + outline.trace.tool_calls;
  return (
    <div className="state" role="region" aria-label={t("Conversation")} tabIndex={0}>
      <h2>{t("No messages were recorded")}</h2>
      <p className="state-text">
        {calls === 0
          ? t("This trace has no model or tool calls, so it has no messages.")
          : t(
              "Instrumentations send message content only when it is enabled. Most OpenTelemetry ones use OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true.",
            )}
      </p>
    </div>
  );
}

interface TurnsProps extends Props {
  turns: readonly Turn[];
  waiting: boolean;
  more: boolean;
  onEnd: () => void;
}

function Turns({ turns, at, picked, places, waiting, more, onEnd, onPick }: TurnsProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: turns.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 220,
    overscan: 4,
    getItemKey: (index) => turns[index]?.span.span_id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items[items.length - 1]?.index ?? 0;
  useEffect(() => {
    if (last >= turns.length - AHEAD) onEnd();
  });
  const seen = useRef<string | null>(null);
  useEffect(() => {
    if (!picked || seen.current === picked) return;
    const index = turns.findIndex(({ span }) => span.span_id === picked);
    if (index < 0) return;
    seen.current = picked;
    virtual.scrollToIndex(index, { align: "auto" });
  }, [picked, turns, virtual]);
  const played = at !== null;
  useEffect(() => {
    if (played && turns.length > 0) virtual.scrollToIndex(turns.length - 1, { align: "end" });
  }, [played, turns.length, virtual]);
  return (
    <div className="conversation" ref={scroller} tabIndex={0} role="region" aria-label={t("Conversation")}>
      <div className="conversation-inner" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const turn = turns[item.index];
          if (!turn) return null;
          return (
            <div
              key={item.key}
              data-index={item.index}
              ref={virtual.measureElement}
              className="turn-place"
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <TurnView turn={turn} picked={turn.span.span_id === picked} places={places} onPick={onPick} />
            </div>
          );
        })}
      </div>
      {waiting ? <p className="faint conversation-foot">{t("No messages yet.")}</p> : null}
      {more && !played ? <p className="faint conversation-foot">{t("Scroll to load more.")}</p> : null}
    </div>
  );
}

interface TurnProps {
  turn: Turn;
  picked: boolean;
  places: number;
  onPick: (id: string) => void;
}

function TurnView({ turn: { span, messages, repeated }, picked, places, onPick }: TurnProps) {
  const used = span.counted && span.tokens !== null && span.tokens.total > 0;
  const failed = span.status === "error";
  return (
    <div
      role="group"
      className={`turn hue-${hueOf(span.kind)} ${picked ? "is-picked" : ""}`}
      aria-label={span.tool ?? span.model ?? span.name}
    >
      <button
        type="button"
        className="turn-head"
        title={t("Open the span")}
        onClick={() => onPick(span.span_id)}
      >
        <KindTag kind={span.kind} />
        <strong>{span.tool ?? span.model ?? span.name}</strong>
        {span.agent ? <span className="muted">{span.agent}</span> : null}
        <span className="push figure turn-figures">
          <span>{span.duration_ms === null ? t("running") : duration(span.duration_ms)}</span>
          {used && span.tokens ? (
            <>
              <span title={t("Input and output tokens")}>
                {compact(span.tokens.input)} → {compact(span.tokens.output)}
              </span>
              <SpanMoney span={span} places={places} />
            </>
          ) : null}
        </span>
      </button>
      {repeated > 0 ? (
        <p className="faint repeated">
          {t("{n} earlier messages repeated", { count: repeated, n: count(repeated) })}
        </p>
      ) : null}
      {messages.map((message, index) => (
        <MessageView
          key={index}
          message={message}
          speaker={message.role === "assistant" ? span.agent : message.role === "tool" ? span.tool : null}
        />
      ))}
      {failed ? (
        <p className="turn-error">
          <span aria-hidden="true">✕ </span>
          {errorText(span) ?? t("It failed; the sender recorded no message.")}
        </p>
      ) : null}
    </div>
  );
}
