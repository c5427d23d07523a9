// What a call can tell, in the order of its life, and what it is good for.
import { t } from "../../lib/i18n";

export interface Signal {
  id: string;
  label: string;
  /** Completes "no call tells …". */
  what: string;
  /** What is missing on the screens without it. */
  use: string;
}

export const signals = (): readonly Signal[] => [
  {
    id: "messages",
    label: t("messages"),
    what: t("messages to and from the model"),
    use: t("Without it there is no conversation to read, and nothing to search in."),
  },
  {
    id: "tool_definitions",
    label: t("tools offered"),
    what: t("the tools that the model could choose from"),
    use: t("Without it you do not see the tools that the model could choose from."),
  },
  {
    id: "params",
    label: t("parameters"),
    what: t("temperature and the other request parameters"),
    use: t("Without it, two answers cannot be compared by their parameters."),
  },
  {
    id: "tool_calls",
    label: t("tool runs"),
    what: t("runs of tools"),
    use: t("Without it the page of tools is empty, and time spent in tools looks like waiting."),
  },
  {
    id: "response_model",
    label: t("model"),
    what: t("the model that answered, not only the one asked for"),
    use: t("Without it the price is that of the model asked for, which may be an alias."),
  },
  {
    id: "response_id",
    label: t("response ID"),
    what: t("the provider's id of the answer"),
    use: t("Without it two records of one call can be matched by time only."),
  },
  {
    id: "finish_reasons",
    label: t("finish reason"),
    what: t("why the model stopped"),
    use: t("Without it a truncated answer looks complete."),
  },
  {
    id: "ttft",
    label: t("time to first token"),
    what: t("the time to the first token"),
    use: t("Without it you see total time, not the wait for the first token."),
  },
  {
    id: "cache_read",
    label: t("cached"),
    what: t("tokens read from the prompt cache"),
    use: t("Without it cached input is priced as if it were not cached: the cost is too high."),
  },
  {
    id: "reasoning",
    label: t("reasoning"),
    what: t("tokens spent on reasoning"),
    use: t("Without it the cost is right, but the share of reasoning is unknown."),
  },
  {
    id: "reported_cost",
    label: t("reported cost"),
    what: t("a cost of its own"),
    use: t(
      "Nothing is missing: costs are computed from the price book. A reported cost is shown next to it.",
    ),
  },
  {
    id: "agent",
    label: t("agent"),
    what: t("the agent that made the call"),
    use: t("Without it you cannot split calls and cost by agent."),
  },
  {
    id: "session",
    label: t("session"),
    what: t("the conversation"),
    use: t("Without it, the traces of one conversation are not grouped."),
  },
  {
    id: "user",
    label: t("user"),
    what: t("the end user"),
    use: t("Without it you cannot split use and cost by user."),
  },
  {
    id: "errors",
    label: t("error type"),
    what: t("the type of error of failed calls"),
    use: t("Without it failures differ only by their text."),
  },
];
