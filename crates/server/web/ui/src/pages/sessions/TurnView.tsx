// One turn: what was asked, what was done for it, and what was answered, with its tokens and its cost.
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { get } from "../../api/client";
import type { Span, TracePage, TraceSummary } from "../../api/types";
import { KindTag } from "../../components/KindTag";
import { Link } from "../../components/Link";
import { Marked, useHitsBehind } from "../../components/Marked";
import { NO_USAGE, SpanMoney } from "../../components/Money";
import { Trouble } from "../../components/States";
import { StatusText } from "../../components/StatusText";
import { TraceCost } from "../../components/traceColumns";
import { exchangeOf } from "../../lib/exchange";
import { compact, count, duration } from "../../lib/format";
import { t } from "../../lib/i18n";
import { shortName } from "../../lib/names";
import { fullTime, listTime } from "../../lib/time";
import { href } from "../../state/url";
import { firstLine } from "../roster/names";

const SPANS = 400;
const LONG_PAUSE_MS = 30 * 60_000;

interface Props {
  trace: TraceSummary;
  number: number;
  places: number;
  refetch: number | false;
  before: TraceSummary | undefined;
}

/** How long nothing was said before this turn, when it was long. */
function pauseBefore(trace: TraceSummary, before: TraceSummary | undefined): number | null {
  if (!before) return null;
  const end = Date.parse(before.started_at) + (before.duration_ms ?? 0);
  const pause = Date.parse(trace.started_at) - end;
  return pause >= LONG_PAUSE_MS ? pause : null;
}

export function TurnView({ trace, number, places, refetch, before }: Props) {
  const pause = pauseBefore(trace, before);
  const usage = trace.cost_reason !== NO_USAGE || trace.tokens.total > 0;
  return (
    <>
      {pause === null ? null : <p className="talk-pause">{t("{time} later", { time: duration(pause) })}</p>}
      <section
        className={trace.status === "error" ? "turn-card is-failed" : "turn-card"}
        data-turn={trace.trace_id}
        aria-label={t("Turn {n}", { n: number })}
      >
        <header className="turn-card-head">
          <span className="figure faint">{count(number)}</span>
          <Link className="turn-card-name" title={trace.name} href={href(`/traces/${trace.trace_id}`)}>
            {shortName(trace.name)}
          </Link>
          {trace.status === "ok" || trace.status === "unset" ? null : <StatusText status={trace.status} />}
          <time className="figure faint" dateTime={trace.started_at} title={fullTime(trace.started_at)}>
            {listTime(trace.started_at)}
          </time>
          <span className="push figure turn-card-figures">
            <span className="muted">{duration(trace.duration_ms)}</span>
            {usage ? (
              <span
                className="muted"
                title={t("{in} in, {out} out", {
                  in: count(trace.tokens.input),
                  out: count(trace.tokens.output),
                })}
              >
                {t("{n} tokens", { count: trace.tokens.total, n: compact(trace.tokens.total) })}
              </span>
            ) : null}
            <span>
              <TraceCost trace={trace} places={places} />
            </span>
          </span>
        </header>
        <TurnBody trace={trace} places={places} refetch={trace.status === "running" ? 3_000 : refetch} />
      </section>
    </>
  );
}

function TurnBody({
  trace,
  places,
  refetch,
}: {
  trace: TraceSummary;
  places: number;
  refetch: number | false;
}) {
  const query = useQuery({
    queryKey: ["turn", trace.trace_id, trace.spans, trace.status],
    staleTime: 300_000,
    refetchInterval: trace.status === "running" ? refetch : false,
    placeholderData: undefined,
    queryFn: ({ signal }) =>
      get<TracePage>(`/traces/${trace.trace_id}`, { detail: "full", limit: SPANS }, signal),
  });
  const exchange = useMemo(() => exchangeOf(query.data?.spans ?? []), [query.data]);
  if (query.isError && !query.data) return <Trouble error={query.error} retry={() => void query.refetch()} />;
  if (!query.data)
    return (
      <div className="part-wait" aria-hidden="true">
        <i style={{ width: "42%" }} />
        <i style={{ width: "78%" }} />
      </div>
    );
  const { asked, answered, steps, failure } = exchange;
  const silent = asked === null && answered === null;
  return (
    <>
      {asked === null ? null : (
        <div className="said said-user">
          <span className="said-role">{t("user")}</span>
          <Said text={asked} />
        </div>
      )}
      {steps.length > 0 ? (
        <Steps steps={steps} places={places} traceId={trace.trace_id} more={query.data.next_after !== null} />
      ) : null}
      {answered === null ? null : (
        <div className="said said-assistant">
          <span className="said-role">{t("assistant")}</span>
          <Said text={answered} />
        </div>
      )}
      {trace.status === "error" && failure !== null ? (
        <div className="said said-failed">
          <span className="said-role">{t("failed")}</span>
          <Link className="said-text" href={href(`/traces/${trace.trace_id}`)}>
            {failure ? firstLine(failure) : t("no error message")}
          </Link>
        </div>
      ) : null}
      {silent ? <p className="faint said-none">{t("No messages in this turn")}</p> : null}
    </>
  );
}

const FOLD_AT = 700;

function Said({ text }: { text: string }) {
  const behind = useHitsBehind(text, FOLD_AT - 120);
  const [open, setOpen] = useState(behind);
  const long = text.length > FOLD_AT;
  return (
    <div className="said-text" dir="auto">
      <Marked text={long && !open ? `${text.slice(0, FOLD_AT - 120)} …` : text} />
      {long ? (
        <>
          {" "}
          <button type="button" className="quiet-button" onClick={() => setOpen(!open)}>
            {open
              ? t("Show less")
              : t("Show all {n} characters", { count: text.length, n: count(text.length) })}
          </button>
        </>
      ) : null}
    </div>
  );
}

const FEW = 3;

/** What was done in between: a line for each call and tool run, folded when there are many. */
function Steps({
  steps,
  places,
  traceId,
  more,
}: {
  steps: readonly Span[];
  places: number;
  traceId: string;
  more: boolean;
}) {
  const [open, setOpen] = useState(steps.length <= FEW);
  const failed = steps.filter((step) => step.status === "error").length;
  const llm = steps.filter((step) => step.kind === "llm").length;
  const tools = steps.filter((step) => step.kind === "tool").length;
  return (
    <div className="turn-steps">
      {steps.length > FEW ? (
        <button type="button" className="turn-steps-head" aria-expanded={open} onClick={() => setOpen(!open)}>
          <i className="turn-steps-mark" aria-hidden="true" />
          <span>
            {[
              llm > 0 ? t("{n} LLM calls", { count: llm, n: count(llm) }) : "",
              tools > 0 ? t("{n} tool calls", { count: tools, n: count(tools) }) : "",
              more ? t("and more") : "",
            ]
              .filter(Boolean)
              .join(" · ")}
            {failed > 0 ? <span className="failing"> · {t("{n} failed", { n: count(failed) })}</span> : null}
          </span>
        </button>
      ) : null}
      {open ? (
        <ul>
          {steps.map((step) => (
            <li key={step.span_id}>
              <Link
                href={href(`/traces/${traceId}`, { span: step.span_id })}
                className={step.status === "error" ? "turn-step is-failed" : "turn-step"}
              >
                <KindTag kind={step.kind} />
                <span className="turn-step-name">{step.tool ?? step.model ?? step.name}</span>
                <span className="faint turn-step-agent">{step.agent}</span>
                <span className="figure faint">{duration(step.duration_ms)}</span>
                <span className="figure faint end">
                  {step.counted && step.tokens
                    ? t("{n} tokens", { count: step.tokens.total, n: compact(step.tokens.total) })
                    : ""}
                </span>
                <span className="figure end">
                  {step.counted && step.tokens ? <SpanMoney span={step} places={places} /> : null}
                </span>
              </Link>
            </li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
