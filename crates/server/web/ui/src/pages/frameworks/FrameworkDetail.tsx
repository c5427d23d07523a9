// One framework by one convention: what it does not tell and what to set, then what it tells.
import { useEffect, useRef } from "react";
import type { ParityRow } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Link } from "../../components/Link";
import { compact, count, percent, usd } from "../../lib/format";
import { t } from "../../lib/i18n";
import { ago, fullTime } from "../../lib/time";
import { filterHref } from "../../state/filters";
import { type Fact, Facts } from "../roster/parts";
import { Detail, WorkPart } from "../roster/WorkPage";
import { adviceFor } from "./advice";
import type { Signal } from "./signals";

export const frameworkName = (row: ParityRow) => row.framework ?? t("no framework");
export const frameworkTraces = (row: ParityRow, by: Record<string, string> = {}) =>
  filterHref("/traces", { framework: row.framework, convention: row.convention, ...by });

interface Props {
  row: ParityRow;
  signals: readonly Signal[];
  /** The signal that was asked about: it is in sight. */
  asked: string | null;
}

export function FrameworkDetail({ row, signals, asked }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (asked)
      box.current
        ?.querySelector(`[data-signal="${CSS.escape(asked)}"]`)
        ?.scrollIntoView({ block: "nearest" });
  }, [asked]);
  const share = (signal: Signal) => row.sends.find((sent) => sent.signal === signal.id)?.share ?? null;
  const lacks = signals.filter((signal) => row.lacks.includes(signal.id));
  const partly = signals.filter((signal) => {
    const sent = share(signal);
    return sent !== null && sent < 0.995;
  });
  const whole = signals.filter((signal) => (share(signal) ?? 0) >= 0.995);
  const silent = signals.filter((signal) => !row.lacks.includes(signal.id) && share(signal) === null);
  return (
    <Detail
      kind={row.convention ?? t("no convention")}
      hue="llm"
      title={frameworkName(row)}
      actions={
        <Link className="quiet-button" href={frameworkTraces(row)}>
          {t("Traces")}
        </Link>
      }
    >
      <div ref={box}>
        <Facts facts={factsOf(row)} />
        <WorkPart title={t("Missing")} note={lacks.length > 0 ? undefined : t("nothing")}>
          {lacks.length === 0 ? (
            <p className="part-empty">{t("Its calls report all applicable fields.")}</p>
          ) : (
            <ul className="signal-list">
              {lacks.map((signal) => (
                <Lacking key={signal.id} row={row} signal={signal} asked={signal.id === asked} />
              ))}
            </ul>
          )}
        </WorkPart>
        {partly.length > 0 ? (
          <WorkPart title={t("Partial")}>
            <ul className="signal-list">
              {partly.map((signal) => (
                <li
                  key={signal.id}
                  data-signal={signal.id}
                  className={signal.id === asked ? "is-asked" : undefined}
                >
                  <p>
                    <strong>{signal.label}</strong>{" "}
                    <span className="figure">{percent(share(signal) ?? 0, 0)}</span>{" "}
                    <span className="muted">
                      {t("of {n} sampled calls report {what}.", {
                        count: row.sampled_calls,
                        n: count(row.sampled_calls),
                        what: signal.what,
                      })}
                    </span>
                  </p>
                </li>
              ))}
            </ul>
          </WorkPart>
        ) : null}
        {whole.length > 0 ? (
          <WorkPart title={t("Complete")}>
            <p className="muted">{whole.map((signal) => signal.label).join(", ")}</p>
          </WorkPart>
        ) : null}
        {silent.length > 0 ? (
          <WorkPart title={t("Not applicable")}>
            <p className="muted">{silent.map((signal) => signal.label).join(", ")}</p>
          </WorkPart>
        ) : null}
      </div>
    </Detail>
  );
}

function Lacking({ row, signal, asked }: { row: ParityRow; signal: Signal; asked: boolean }) {
  const advice = adviceFor(row.framework, row.convention, signal.id);
  return (
    <li data-signal={signal.id} className={asked ? "is-asked" : undefined}>
      <p>
        <strong>{signal.label}</strong> <span className="muted">{signal.use}</span>
      </p>
      {advice.text ? <p>{advice.text}</p> : null}
      {advice.code ? (
        <div className="signal-code">
          <pre>{advice.code}</pre>
          <Copy text={advice.code} what={t("Copy these lines")} />
        </div>
      ) : null}
    </li>
  );
}

function factsOf(row: ParityRow): Fact[] {
  const { in_traces } = row;
  return [
    { label: t("Traces"), value: count(row.traces) },
    {
      label: t("LLM calls"),
      value: count(in_traces.llm_calls),
      note: in_traces.errors ? t("{n} failed", { n: count(in_traces.errors) }) : undefined,
    },
    { label: t("Tool calls"), value: count(row.tool_calls) },
    {
      label: t("Tokens"),
      value: compact(in_traces.tokens.total),
      title: t("{in} in, {out} out", {
        in: count(in_traces.tokens.input),
        out: count(in_traces.tokens.output),
      }),
    },
    {
      label: t("Cost"),
      value: in_traces.cost_usd === null ? "–" : usd(in_traces.cost_usd, 4),
      note: in_traces.unpriced_calls ? t("{n} unpriced", { n: count(in_traces.unpriced_calls) }) : undefined,
    },
    { label: t("Agents"), value: count(row.agents) },
    { label: t("Sessions"), value: count(row.sessions) },
    {
      label: t("Last seen"),
      value: row.last_seen ? ago(row.last_seen) : "–",
      title: row.last_seen ? fullTime(row.last_seen) : undefined,
    },
  ];
}
