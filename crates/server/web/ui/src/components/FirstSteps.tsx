// An empty server: the lines that would fill it, for each way in, with the address by which the reader reaches it.
import { useState } from "react";
import { useMe } from "../api/access";
import { useStatus } from "../api/queries";
import { endpointOf, type Lines, stepsOf, WAYS, type Way } from "../lib/firstSteps";
import { count } from "../lib/format";
import { t } from "../lib/i18n";
import { Copy } from "./Copy";
import { Mark } from "./Mark";
import { Segments } from "./Segments";

function wayName(way: Way): string {
  return {
    test: t("Test with curl"),
    python: t("Python"),
    typescript: t("TypeScript"),
    coding: t("Coding agents"),
    gateway: t("Gateway"),
    files: t("Files"),
  }[way];
}

function wayText(way: Way): string {
  return {
    test: t("Send one trace by hand. It appears here within seconds."),
    python: t("Set the variables and add the instrumentation of your framework before your agent starts."),
    typescript: t("Set the variables and register telemetry of the AI SDK before your agent starts."),
    coding: t(
      "Set the variables in the shell that starts the agent. Codex reads them from its configuration.",
    ),
    gateway: t("Point the base URL of your client at the gateway. Your code needs no instrumentation."),
    files: t(
      "Import transcripts of coding agents and exports of other tools. Importing twice changes nothing.",
    ),
  }[way];
}

function whereName(where: Lines["where"]): string {
  return {
    shell: t("Your agent's shell"),
    python: t("Python, before the first call"),
    typescript: t("TypeScript, before the first call"),
    codex: "~/.codex/config.toml",
  }[where];
}

function Block({ title, lines }: { title: string; lines: string }) {
  return (
    <div className="command-block">
      <div className="command-head">
        <span>{title}</span>
        <Copy text={lines} label={t("Copy")} what={t("Copy these lines")} />
      </div>
      <pre>{lines}</pre>
    </div>
  );
}

/** `what` the page would show, such as traces. */
export function TeachToSend({ what }: { what: string }) {
  const status = useStatus();
  const withKey = useMe().data?.access ?? false;
  const [way, setWay] = useState<Way>("test");
  const page = window.location.origin;
  const endpoint = endpointOf(status.data?.listeners, page);
  return (
    <div className="state teach">
      <Mark size={48} />
      <h2>{t("No {what} yet", { what })}</h2>
      <Segments
        label={t("Setup")}
        options={WAYS.map((id) => ({ id, label: wayName(id) }))}
        value={way}
        onPick={setWay}
      />
      <p className="state-text">{wayText(way)}</p>
      {stepsOf(way, endpoint, page, withKey).map(({ where, lines }) => (
        <Block key={where} title={whereName(where)} lines={lines} />
      ))}
      {withKey ? (
        <p className="state-text">
          {t("Replace YOUR_KEY with an API key of the scope ingest, from the page Access.")}
        </p>
      ) : null}
      <p className="teach-listening" role="status">
        <i className="live-dot" aria-hidden="true" />
        {t("Listening at {endpoint} · {n} spans received", {
          endpoint,
          n: count(status.data?.store.spans ?? 0),
          count: status.data?.store.spans ?? 0,
        })}
      </p>
      <p className="state-text faint">
        {t("No agent yet? Start with example data:")} <code className="mono">quipu serve --demo</code>
      </p>
    </div>
  );
}
