// What was found in the content that should not be there: personal data and secrets, by type. Never the content itself.
import type { Guardrails } from "../../api/insight";
import { Bars } from "../../charts";
import { t } from "../../lib/i18n";
import { WorkPart } from "../roster/WorkPage";

/** "email_address" as people say it. */
const plain = (type: string) => type.replaceAll(/[_-]+/g, " ").toLowerCase();

export function Detections({ detections }: { detections: Guardrails["detections"] }) {
  const of = (kind: "pii" | "secret") =>
    detections
      .filter((one) => one.kind === kind)
      .sort((a, b) => b.count - a.count)
      .map((one) => ({ name: plain(one.type), value: one.count }));
  const parts = [
    { title: t("Personal data found"), rows: of("pii"), hue: "--guardrail" },
    { title: t("Secrets found"), rows: of("secret"), hue: "--warning" },
  ];
  if (detections.length === 0)
    return (
      <WorkPart title={t("Personal data and secrets")}>
        <p className="part-empty">{t("None reported by guardrails")}</p>
      </WorkPart>
    );
  return (
    <div className="detections">
      {parts.map(({ title, rows, hue }) => (
        <WorkPart key={title} title={title}>
          {rows.length > 0 ? (
            <Bars rows={rows} unit="count" hue={hue} label={title} />
          ) : (
            <p className="part-empty">{t("None reported by guardrails")}</p>
          )}
        </WorkPart>
      ))}
    </div>
  );
}
