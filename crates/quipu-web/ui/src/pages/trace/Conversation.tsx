// The same trace read as a chat: each call shows what it added to the conversation, not what it was sent again.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get } from "../../api/client";
import type { TracePage } from "../../api/types";
import { KindTag } from "../../components/KindTag";
import { SpanMoney } from "../../components/Money";
import { Failure, Loading } from "../../components/States";
import { compact, count, duration } from "../../lib/format";
import { turnsOf } from "../../lib/turns";
import { MessageView } from "./Messages";

const SPANS = 1000;
const TURNS_AT_ONCE = 60;

export function Conversation({
  traceId,
  picked,
  places,
  onPick,
}: {
  traceId: string;
  picked: string | null;
  places: number;
  onPick: (id: string) => void;
}) {
  const [shown, setShown] = useState(TURNS_AT_ONCE);
  const query = useQuery({
    queryKey: ["trace-full", traceId],
    staleTime: 30_000,
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      get<TracePage>(`/traces/${encodeURIComponent(traceId)}`, { detail: "full", limit: SPANS }, signal),
  });
  const turns = useMemo(() => turnsOf(query.data?.spans ?? []), [query.data]);
  if (query.isError) return <Failure error={query.error} retry={() => void query.refetch()} />;
  if (query.isPending) return <Loading what="Reading the conversation" />;
  if (turns.length === 0) {
    return (
      <div className="state">
        <h2>No messages were recorded</h2>
        <p className="state-text">
          Instrumentations send message content only when told to. For most OpenTelemetry ones that is
          OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true.
        </p>
      </div>
    );
  }
  return (
    <div className="conversation">
      <div className="conversation-inner">
        {turns.slice(0, shown).map(({ span, messages, repeated }) => (
          <section key={span.span_id} className={span.span_id === picked ? "turn is-picked" : "turn"}>
            <button type="button" className="turn-head" onClick={() => onPick(span.span_id)}>
              <KindTag kind={span.kind} />
              <strong>{span.tool ?? span.model ?? span.name}</strong>
              {span.agent ? <span className="muted">{span.agent}</span> : null}
              <span className="push figure faint">
                {duration(span.duration_ms)}
                {span.counted && span.tokens ? ` · ${compact(span.tokens.total)} tok · ` : ""}
                {span.counted && span.tokens ? <SpanMoney span={span} places={places} /> : null}
              </span>
            </button>
            {repeated > 0 ? (
              <p className="faint repeated">
                {count(repeated)} earlier {repeated === 1 ? "message" : "messages"} sent again
              </p>
            ) : null}
            {messages.map((message, index) => (
              <MessageView key={index} message={message} />
            ))}
          </section>
        ))}
        {turns.length > shown ? (
          <button type="button" className="button" onClick={() => setShown(shown + TURNS_AT_ONCE)}>
            Show {Math.min(TURNS_AT_ONCE, turns.length - shown)} more of {turns.length - shown}
          </button>
        ) : null}
        {query.data.next_after ? (
          <p className="faint">
            The conversation covers the first {count(SPANS)} spans. The waterfall has them all.
          </p>
        ) : null}
      </div>
    </div>
  );
}
