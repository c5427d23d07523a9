// No guardrail has spoken: what to send so that one does.
import { useStatus } from "../../api/queries";
import { Copy } from "../../components/Copy";
import { Mark } from "../../components/Mark";
import { t } from "../../lib/i18n";

const OWN = `with tracer.start_as_current_span("pii-filter") as span:
    span.set_attribute("openinference.span.kind", "GUARDRAIL")
    caught = check(text)
    span.set_attribute("guardrail.triggered", caught)`;

const AGENTS = `from agents import Agent, input_guardrail

@input_guardrail
async def no_secrets(ctx, agent, text): ...

agent = Agent(name="support", input_guardrails=[no_secrets])`;

function Block({ title, text }: { title: string; text: string }) {
  return (
    <div className="command-block">
      <div className="command-head">
        <span>{title}</span>
        <Copy text={text} label={t("Copy")} what={t("Copy these lines")} />
      </div>
      <pre>{text}</pre>
    </div>
  );
}

export function TeachGuardrails() {
  const status = useStatus();
  const stored = (status.data?.store.spans ?? 0) > 0;
  return (
    <div className="state teach">
      <Mark size={48} />
      <h2>{t("No guardrail checks yet")}</h2>
      <p className="state-text">
        {stored
          ? t(
              "No guardrail in this range and filter. Quipu reads those of the OpenAI Agents SDK, CrewAI, LiteLLM and OpenLIT. A guardrail of your own needs a span of this kind.",
            )
          : t(
              "No data yet. Quipu reads the guardrails of the OpenAI Agents SDK, CrewAI, LiteLLM and OpenLIT. A guardrail of your own needs a span of this kind.",
            )}
      </p>
      <Block title={t("A check of your own, with OpenTelemetry")} text={OWN} />
      <Block title={t("The OpenAI Agents SDK needs only the guardrail")} text={AGENTS} />
    </div>
  );
}
