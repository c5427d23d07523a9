// Messages read as a chat. Everything here is telemetry, so everything is text: nothing is ever taken as markup.
import { useState } from "react";
import type { Message, Part } from "../../api/types";
import { Copy } from "../../components/Copy";
import { Json, jsonText } from "../../components/Json";
import { count } from "../../lib/format";

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
          {open ? "Show less" : `Show all ${count(text.length)} characters`}
        </button>
      ) : null}
    </>
  );
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : jsonText(value);
}

function ToolCall({ name, args, id }: { name: string; args: unknown; id: string | null | undefined }) {
  const empty = args === undefined || args === null || args === "";
  return (
    <div className="call">
      <div className="call-head">
        <span className="kind hue-tool">call</span>
        <span className="mono call-name">{name}</span>
        {id ? (
          <span className="faint mono call-id" title={id}>
            {id}
          </span>
        ) : null}
        {empty ? null : <Copy text={jsonText(args)} what="Copy the arguments" />}
      </div>
      {empty ? <p className="faint">no arguments</p> : <Json value={args} />}
    </div>
  );
}

function ToolResponse({ response, id }: { response: unknown; id: string | null | undefined }) {
  const text = jsonText(response);
  return (
    <div className="call">
      <div className="call-head">
        <span className="kind hue-tool">result</span>
        {id ? (
          <span className="faint mono call-id" title={id}>
            {id}
          </span>
        ) : null}
        <Copy text={text} what="Copy the result" />
      </div>
      {text.length > FOLD_AT ? <LongText text={text} mono /> : <Json value={response} />}
    </div>
  );
}

function PartView({ part }: { part: Part }) {
  const fields = part as Record<string, unknown>;
  const id = typeof fields.id === "string" ? fields.id : null;
  switch (part.type) {
    case "text":
      return <LongText text={asText(fields.content)} />;
    case "reasoning":
      return (
        <details className="reasoning">
          <summary>Reasoning</summary>
          <LongText text={asText(fields.content)} />
        </details>
      );
    case "tool_call":
      return (
        <ToolCall
          name={typeof fields.name === "string" ? fields.name : "unnamed tool"}
          args={fields.arguments}
          id={id}
        />
      );
    case "tool_call_response":
      return <ToolResponse response={fields.response ?? fields.result} id={id} />;
    default:
      return (
        <div className="call">
          <div className="call-head">
            <span className="kind hue-other">{part.type}</span>
          </div>
          <Json value={Object.fromEntries(Object.entries(fields).filter(([name]) => name !== "type"))} />
        </div>
      );
  }
}

export function MessageView({ message }: { message: Message }) {
  const [open, setOpen] = useState(false);
  const folded = message.role === "system" && !open;
  const first = message.parts.find((part) => part.type === "text") as { content?: unknown } | undefined;
  const preview = asText(first?.content ?? "");
  return (
    <article className={`message role-${message.role}`}>
      <header>
        <span className="role">{message.role}</span>
        {message.name ? <span className="faint">{message.name}</span> : null}
      </header>
      <div className="message-body">
        {folded && preview.length > 140 ? (
          <button
            type="button"
            className="fold-line"
            onClick={() => setOpen(true)}
            title="Show the whole system message"
          >
            {preview.slice(0, 140)} …
          </button>
        ) : (
          message.parts.map((part, index) => <PartView key={index} part={part} />)
        )}
        {message.finish_reason ? <p className="faint finish">finished: {message.finish_reason}</p> : null}
      </div>
    </article>
  );
}
