// The conversation across the traces of a session: turn by turn, each with its tokens and its cost. A cord of knots on the left
// stands for all turns, the thicker the dearer; the turns themselves are read as they come into sight.
import { useEffect, useMemo, useRef, useState } from "react";
import type { TraceSummary } from "../../api/types";
import { TraceCost } from "../../components/traceColumns";
import { count, duration, usdPixels } from "../../lib/format";
import { t } from "../../lib/i18n";
import { minuteTime } from "../../lib/time";
import { SessionDigest } from "./SessionDigest";
import { TurnView } from "./TurnView";

const AT_ONCE = 8;

interface Props {
  /** The latest first, as they come. */
  traces: readonly TraceSummary[];
  /** How many there are in all. */
  all: number;
  /** Asks for earlier ones; null when all are here. */
  more: (() => void) | null;
  places: number;
  refetch: number | false;
  /** The turn to begin at: what was searched for was said in it. */
  hit: string | null;
  sessionId: string;
}

/** First and last turn in sight, as places in the whole. */
interface Window {
  from: number;
  to: number;
}

export function Talk({ traces, all, more, places, refetch, hit, sessionId }: Props) {
  const turns = useMemo(() => [...traces].reverse(), [traces]);
  const first = Math.max(0, all - turns.length);
  const number = (index: number) => first + index + 1;
  // Counted from the end, so that what arrives and what is read later does not move it.
  const [picked, setPicked] = useState<Window | null>(null);
  const shown = picked ?? { from: turns.length > AT_ONCE + 4 ? turns.length - AT_ONCE : 0, to: turns.length };
  const scroller = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState<string | null>(null);
  useEffect(() => {
    if (at === null) return;
    scroller.current?.querySelector(`[data-turn="${CSS.escape(at)}"]`)?.scrollIntoView({ block: "start" });
  }, [at]);
  const go = (index: number) => {
    const turn = turns[index];
    if (!turn) return;
    if (index < shown.from || index >= shown.to)
      setPicked({ from: Math.max(0, index - 1), to: Math.min(turns.length, index - 1 + AT_ONCE) });
    setAt(null);
    requestAnimationFrame(() => setAt(turn.trace_id));
  };
  const sought = useRef<string | null>(null);
  useEffect(() => {
    const index = hit === null ? -1 : turns.findIndex((turn) => turn.trace_id === hit);
    if (index < 0 || sought.current === hit) return;
    sought.current = hit;
    go(index);
  });
  const list = turns.slice(shown.from, shown.to);
  return (
    <div className="talk">
      <TurnList turns={turns} number={number} more={more} places={places} shown={shown} onPick={go} />
      <div className="talk-scroll" ref={scroller} tabIndex={0}>
        <div className="talk-inner">
          {shown.from > 0 || more ? (
            <button
              type="button"
              className="button"
              onClick={() => {
                if (shown.from === 0) more?.();
                setPicked({ from: Math.max(0, shown.from - AT_ONCE), to: shown.to });
              }}
            >
              {t("Earlier turns")}
            </button>
          ) : null}
          {list.map((trace, index) => (
            <TurnView
              key={trace.trace_id}
              trace={trace}
              number={number(shown.from + index)}
              places={places}
              refetch={refetch}
              before={turns[shown.from + index - 1]}
            />
          ))}
          {shown.to < turns.length ? (
            <button
              type="button"
              className="button"
              onClick={() => setPicked({ from: shown.from, to: Math.min(turns.length, shown.to + AT_ONCE) })}
            >
              {t("Later turns")}
            </button>
          ) : null}
        </div>
      </div>
      <SessionDigest sessionId={sessionId} refetch={refetch} />
    </div>
  );
}

interface ListProps {
  turns: readonly TraceSummary[];
  number: (index: number) => number;
  more: (() => void) | null;
  places: number;
  shown: Window;
  onPick: (index: number) => void;
}

function TurnList({ turns, number, more, places, shown, onPick }: ListProps) {
  const dearest = Math.max(...turns.map((turn) => usdPixels(turn.cost_usd)), 0);
  const box = useRef<HTMLDivElement>(null);
  // The latest are in sight.
  useEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, []);
  return (
    <nav className="talk-turns" aria-label={t("Turns")} ref={box}>
      {more ? (
        <button type="button" className="quiet-button talk-more" onClick={more}>
          {t("Earlier turns")}
        </button>
      ) : null}
      <ol>
        {turns.map((turn, index) => {
          const share = dearest > 0 ? Math.sqrt(usdPixels(turn.cost_usd) / dearest) : 0;
          const size = 5 + share * 9;
          return (
            <li key={turn.trace_id}>
              <button
                type="button"
                className={index >= shown.from && index < shown.to ? "talk-turn is-shown" : "talk-turn"}
                onClick={() => onPick(index)}
                title={`${turn.name} · ${duration(turn.duration_ms)}`}
              >
                <span className="talk-cord" aria-hidden="true">
                  <i
                    className={turn.status === "error" ? "talk-knot is-failed" : "talk-knot"}
                    style={{ width: size + 3, height: size }}
                  />
                </span>
                <span className="figure faint">{count(number(index))}</span>
                <span className="figure">{minuteTime(turn.started_at)}</span>
                <span className="figure end">
                  <TraceCost trace={turn} places={places} />
                </span>
              </button>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
