// Messages read as a chat. Everything here is telemetry, so everything is text: nothing is ever taken as markup.
import { useMemo, useState, useSyncExternalStore } from "react";
import type { Message, Part } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Json, jsonText } from "../../components/Json";
import { Markdown } from "../../components/Markdown";
import { Marked, useHitsBehind } from "../../components/Marked";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { hasMarkdown, markdown } from "../../lib/markdown";
import { recall, remember } from "../../state/memory";
import { mediaOf, Picture } from "./Picture";

const FOLD_AT = 1_600;

/** A longer text is shown as it stands: drawing it as Markdown would make the page slow. */
const MOST_DRAWN = 100_000;

let raw = recall("messages") === "raw";
const rawListeners = new Set<() => void>();

/** Whether messages are shown as they were sent, and not as the Markdown that they hold. A habit of this browser. */
function useRaw(): [boolean, (next: boolean) => void] {
  const now = useSyncExternalStore(
    (listener) => {
      rawListeners.add(listener);
      return () => rawListeners.delete(listener);
    },
    () => raw,
  );
  const set = (next: boolean) => {
    raw = next;
    remember("messages", next ? "raw" : null);
    for (const listener of rawListeners) listener();
  };
  return [now, set];
}

function LongText({
  text,
  mono = false,
  drawn = false,
}: {
  text: string;
  mono?: boolean;
  /** Whether it is shown as Markdown. */
  drawn?: boolean;
}) {
  const behind = useHitsBehind(text, FOLD_AT - 400);
  const [open, setOpen] = useState(behind);
  const long = text.length > FOLD_AT;
  const shown = long && !open ? `${text.slice(0, FOLD_AT - 400)} …` : text;
  return (
    <>
      {drawn && shown.length <= MOST_DRAWN ? (
        <Markdown text={shown} />
      ) : (
        <div className={mono ? "text mono" : "text"} dir="auto">
          <Marked text={shown} />
        </div>
      )}
      {long ? (
        <button type="button" className="quiet-button" onClick={() => setOpen(!open)}>
          {open
            ? t("Show less")
            : t("Show all {n} characters", { count: text.length, n: count(text.length) })}
        </button>
      ) : null}
    </>
  );
}

/** Values as JSON; long ones folded. */
function Value({ value }: { value: unknown }) {
  const text = jsonText(value);
  return text.length > FOLD_AT ? <LongText text={text} mono /> : <Json value={value} />;
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value);
}

function CallId({ id }: { id: string | null }) {
  return id ? (
    <span className="faint mono call-id" title={id}>
      {id}
    </span>
  ) : null;
}

function ToolCall({ name, args, id }: { name: string; args: unknown; id: string | null }) {
  const empty = args === undefined || args === null || args === "";
  return (
    <div className="call">
      <div className="call-head">
        <span className="kind hue-tool">{t("call")}</span>
        <span className="mono call-name">{name}</span>
        <CallId id={id} />
        {empty ? null : <Copy text={jsonText(args)} what={t("Copy the arguments")} />}
      </div>
      {empty ? <p className="faint">{t("no arguments")}</p> : <Value value={args} />}
    </div>
  );
}

function ToolResponse({ response, id }: { response: unknown; id: string | null }) {
  const empty = response === undefined || response === null || response === "";
  return (
    <div className="call">
      <div className="call-head">
        <span className="kind hue-tool">{t("result")}</span>
        <CallId id={id} />
        {empty ? null : <Copy text={jsonText(response)} what={t("Copy the result")} />}
      </div>
      {empty ? <p className="faint">{t("empty")}</p> : <Value value={response} />}
    </div>
  );
}

function Reasoning({ text }: { text: string }) {
  return (
    <details className="reasoning">
      <summary>{t("Reasoning")}</summary>
      {text ? <LongText text={text} /> : <p className="faint">{t("Its text was not sent.")}</p>}
    </details>
  );
}

function PartView({ part, drawn }: { part: Part; drawn: boolean }) {
  const fields = part as Record<string, unknown>;
  const id = typeof fields.id === "string" ? fields.id : null;
  switch (part.type) {
    case "text":
      return <LongText text={asText(fields.content)} drawn={drawn} />;
    case "reasoning":
      return <Reasoning text={asText(fields.content ?? "")} />;
    case "tool_call":
      return (
        <ToolCall
          name={typeof fields.name === "string" ? fields.name : t("unnamed tool")}
          args={fields.arguments}
          id={id}
        />
      );
    case "tool_call_response":
      return <ToolResponse response={fields.response ?? fields.result} id={id} />;
    default: {
      const media = mediaOf(fields);
      if (media) return <Picture media={media} />;
      return (
        <div className="call">
          <div className="call-head">
            <span className="kind hue-other">{part.type}</span>
          </div>
          <Value value={Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "type"))} />
        </div>
      );
    }
  }
}

function roleName(role: string): string {
  switch (role) {
    case "system":
      return t("system");
    case "user":
      return t("user");
    case "assistant":
      return t("assistant");
    case "tool":
      return t("tool");
    default:
      return role;
  }
}

const PREVIEW = 140;
/** Reasons for the end of an answer that say nothing more than the answer itself. */
const EXPECTED_ENDS = new Set(["stop", "end_turn", "tool_calls", "tool_use", "STOP", "completed"]);

/** The words of a message, without calls, results and pictures. */
function wordsOf(message: Message): string {
  return message.parts
    .flatMap((part) => (part.type === "text" ? [asText((part as { content?: unknown }).content)] : []))
    .join("\n\n");
}

export function MessageView({ message, speaker }: { message: Message; speaker?: string | null }) {
  const system = message.role === "system" || message.role === "developer";
  const first = message.parts.find((part) => part.type === "text") as { content?: unknown } | undefined;
  const preview = asText(first?.content ?? "");
  const folds = system && preview.length > PREVIEW;
  const [open, setOpen] = useState(useHitsBehind(preview, PREVIEW));
  const name = message.name ?? speaker;
  const [isRaw, setRaw] = useRaw();
  const said = useMemo(() => wordsOf(message), [message]);
  const markup = useMemo(() => said.length <= MOST_DRAWN && hasMarkdown(markdown(said)), [said]);
  const ended = message.finish_reason;
  return (
    <article className={`message role-${system ? "system" : message.role}`}>
      <header>
        <span className="role">{roleName(message.role)}</span>
        {name ? <span className="faint speaker">{name}</span> : null}
        {said ? (
          <span className="message-tools">
            {markup ? (
              <button
                type="button"
                className="quiet-button"
                aria-pressed={isRaw}
                title={isRaw ? t("Show the text with its formatting") : t("Show the text as it was sent")}
                onClick={() => setRaw(!isRaw)}
              >
                {isRaw ? t("Formatted") : t("Raw")}
              </button>
            ) : null}
            <Copy text={said} what={t("Copy the message")} />
          </span>
        ) : null}
      </header>
      <div className="message-body">
        {folds && !open ? (
          <button
            type="button"
            className="fold-line"
            onClick={() => setOpen(true)}
            title={t("Show the whole system message")}
          >
            {preview.slice(0, PREVIEW)} …
          </button>
        ) : (
          message.parts.map((part, index) => <PartView key={index} part={part} drawn={markup && !isRaw} />)
        )}
        {message.parts.length === 0 ? <p className="faint">{t("empty")}</p> : null}
        {folds && open ? (
          <button type="button" className="quiet-button" onClick={() => setOpen(false)}>
            {t("Show less")}
          </button>
        ) : null}
        {ended && !EXPECTED_ENDS.has(ended) ? (
          <p className="faint finish">{t("finished: {reason}", { reason: ended })}</p>
        ) : null}
      </div>
    </article>
  );
}
