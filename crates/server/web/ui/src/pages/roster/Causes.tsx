// Parts of an open row that are figures by one key: what failed, and which agents called.
import type { UseQueryResult } from "@tanstack/react-query";
import type { Answer, AskGroup } from "../../api/ask";
import { Bars } from "../../charts";
import { Answered } from "../../components/Panel";
import type { Cause } from "../../lib/cause";
import { t } from "../../lib/i18n";
import { ErrorKinds } from "./parts";
import { WorkPart } from "./WorkPage";

/** Failures by what went wrong. */
export function Causes({ query, to }: { query: UseQueryResult<Answer>; to: (cause: Cause) => string }) {
  return (
    <WorkPart title={t("Failures")}>
      <Answered query={query} lines={3}>
        {({ groups }) => (
          <ErrorKinds
            kinds={groups.map((one) => ({
              error: one.key.error ?? null,
              count: one.count,
              trace_id: one.trace_id,
            }))}
            to={to}
          />
        )}
      </Answered>
    </WorkPart>
  );
}

interface ByAgentProps {
  title: string;
  query: UseQueryResult<Answer>;
  hrefOf: (agent: string | null) => string;
  noteOf?: (group: AskGroup) => string | undefined;
}

/** Calls by the agent that made them. */
export function ByAgent({ title, query, hrefOf, noteOf }: ByAgentProps) {
  return (
    <WorkPart title={title}>
      <Answered query={query} lines={3}>
        {({ groups }) => (
          <Bars
            rows={groups.map((one) => {
              const agent = one.key.agent ?? null;
              const note = noteOf?.(one);
              return {
                name: agent ?? t("no agent named"),
                value: one.count,
                hue: agent ? "agent" : "other",
                href: hrefOf(agent),
                ...(note ? { note } : {}),
              };
            })}
            unit="count"
            label={t("Calls by agent")}
          />
        )}
      </Answered>
    </WorkPart>
  );
}
