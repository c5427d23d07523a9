// Messages read as a chat. Everything here is telemetry, so everything is text: nothing is ever taken as markup.
import { useState } from "react";
import type { Message, Part } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Json, jsonText } from "../../components/Json";
import { count } from "../../lib/format";
import { t } from "../../lib/i18n";
import { mediaOf, Picture } from "./Picture";

const FOLD_AT = 1_600;

function LongText({ text, mono = false }: { text: string; mono?: boolean }) {
  const [open, setOpen] = useState(false);
  const long = text.length > FOLD_AT;
  return (
    <>
      <div className={mono ? "text mono" : "text"}>
        {long && !open ? `${text.slice(0, FOLD_AT - 400)} …` : text}
      </div>
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

function PartView({ part }: { part: Part }) {
  const fields = part as Record<string, unknown>;
  const id = typeof fields.id === "string" ? fields.id : null;
  switch (part.type) {
    case "text":
      return <LongText text={asText(fields.content)} />;
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

export function MessageView({ message, speaker }: { message: Message; speaker?: string | null }) {
  const [open, setOpen] = useState(false);
  const system = message.role === "system" || message.role === "developer";
  const first = message.parts.find((part) => part.type === "text") as { content?: unknown } | undefined;
  const preview = asText(first?.content ?? "");
  const folds = system && preview.length > PREVIEW;
  const name = message.name ?? speaker;
  return (
    <article className={`message role-${system ? "system" : message.role}`}>
      <header>
        <span className="role">{roleName(message.role)}</span>
        {name ? <span className="faint speaker">{name}</span> : null}
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
          message.parts.map((part, index) => <PartView key={index} part={part} />)
        )}
        {message.parts.length === 0 ? <p className="faint">{t("empty")}</p> : null}
        {folds && open ? (
          <button type="button" className="quiet-button" onClick={() => setOpen(false)}>
            {t("Show less")}
          </button>
        ) : null}
        {message.finish_reason ? (
          <p className="faint finish">{t("finished: {reason}", { reason: message.finish_reason })}</p>
        ) : null}
      </div>
    </article>
  );
}
