// Thumbs and notes of people on a trace, and the results of evaluations.
import "./scores.css";
import { type FormEvent, useState } from "react";
import { useMe } from "../../api/access";
import { type Score, useScore, useScores } from "../../api/scores";
import type { TraceSummary } from "../../api/types";
import { Icon } from "../../components/Icon";
import { Menu } from "../../components/Menu";
import { Trouble } from "../../components/States";
import { t } from "../../lib/i18n";
import { fullTime, minuteTime } from "../../lib/time";

const THUMB = "feedback";
const NOTE = "note";

/** One thumb for each user of the dashboard. */
function useThumb(trace: TraceSummary) {
  const me = useMe().data?.principal?.name ?? "";
  const id = `thumb-${trace.trace_id}-${me}`.slice(0, 128);
  const scores = useScores(trace.trace_id).data ?? [];
  const value = scores.find((score) => score.id === id)?.value;
  return { id, value: typeof value === "number" ? value : 0 };
}

export function ScoreTools({ trace }: { trace: TraceSummary }) {
  const may = useMe().data?.permissions.includes("write") ?? false;
  const { id, value } = useThumb(trace);
  const score = useScore(trace.trace_id);
  if (!may) return null;
  const about = trace.session_id ? { session_id: trace.session_id } : {};
  const press = (next: number) =>
    score.mutate({ id, name: THUMB, ...about, ...(value === next ? {} : { value: next }) });
  return (
    <>
      <button
        type="button"
        className={value > 0 ? "icon-button is-good" : "icon-button"}
        aria-pressed={value > 0}
        title={t("Good answer")}
        aria-label={t("Good answer")}
        disabled={score.isPending}
        onClick={() => press(1)}
      >
        <Icon name="thumb" />
      </button>
      <button
        type="button"
        className={value < 0 ? "icon-button is-bad thumb-down" : "icon-button thumb-down"}
        aria-pressed={value < 0}
        title={t("Bad answer")}
        aria-label={t("Bad answer")}
        disabled={score.isPending}
        onClick={() => press(-1)}
      >
        <Icon name="thumb" />
      </button>
      <Menu align="end" title={t("Add a note")} className="icon-button" label={<Icon name="pencil" />}>
        {(close) => <NoteForm trace={trace} close={close} />}
      </Menu>
    </>
  );
}

function NoteForm({ trace, close }: { trace: TraceSummary; close: () => void }) {
  const [text, setText] = useState("");
  const score = useScore(trace.trace_id);
  const save = (event: FormEvent) => {
    event.preventDefault();
    const comment = text.trim();
    if (!comment) return;
    const id = `note-${trace.trace_id}-${Date.now().toString(36)}`;
    const about = trace.session_id ? { session_id: trace.session_id } : {};
    score.mutate({ id, name: NOTE, comment, ...about }, { onSuccess: close });
  };
  return (
    <form className="note-form" onSubmit={save}>
      <textarea
        className="field"
        data-first
        rows={3}
        maxLength={4000}
        value={text}
        aria-label={t("Note")}
        placeholder={t("Note about this trace")}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(event);
        }}
      />
      {score.isError ? <Trouble error={score.error} /> : null}
      <button type="submit" className="button is-main" disabled={!text.trim() || score.isPending}>
        {t("Save note")}
      </button>
    </form>
  );
}

const thumbText = (value: number) => (value > 0 ? t("Good answer") : t("Bad answer"));

function valueText({ name, value }: Score): string {
  if (name === THUMB && typeof value === "number") return thumbText(value);
  return [name === NOTE ? "" : name, value === null ? "" : String(value)].filter(Boolean).join(": ");
}

/** All scores of the trace, in its summary. */
export function Scores({ traceId }: { traceId: string }) {
  const query = useScores(traceId);
  const score = useScore(traceId);
  const may = useMe().data?.permissions.includes("write") ?? false;
  const scores = query.data ?? [];
  if (scores.length === 0) return null;
  return (
    <section>
      <h2>{t("Scores and notes")}</h2>
      <ul className="scores">
        {scores.map((one) => (
          <li key={one.id}>
            <div className="score-words">
              {valueText(one) ? <strong>{valueText(one)}</strong> : null}
              {one.comment ? <span className="score-note">{one.comment}</span> : null}
              <span className="faint" title={fullTime(one.at)}>
                {[one.by ?? (one.source === "human" ? null : one.source), minuteTime(one.at)]
                  .filter(Boolean)
                  .join(" · ")}
              </span>
            </div>
            {may && one.name === NOTE ? (
              <button
                type="button"
                className="icon-button"
                title={t("Remove the note")}
                aria-label={t("Remove the note")}
                onClick={() => score.mutate({ id: one.id, name: NOTE })}
              >
                <Icon name="close" size={12} />
              </button>
            ) : null}
          </li>
        ))}
      </ul>
    </section>
  );
}
