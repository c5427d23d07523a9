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
    what: t("what was said to the model and by it"),
    use: t("Without it there is no conversation to read, and nothing to search in."),
  },
  {
    id: "tool_definitions",
    label: t("tools offered"),
    what: t("the tools that the model could choose from"),
    use: t("Without it one cannot see what the model could have done instead."),
  },
  {
    id: "params",
    label: t("parameters"),
    what: t("temperature and the other request parameters"),
    use: t("Without it two answers cannot be compared by how they were asked for."),
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
    label: t("answer id"),
    what: t("the provider's id of the answer"),
    use: t("Without it two records of one call are told apart by their times only."),
  },
  {
    id: "finish_reasons",
    label: t("finish reason"),
    what: t("why the model stopped"),
    use: t("Without it an answer that was cut off looks like a whole one."),
  },
  {
    id: "ttft",
    label: t("first token"),
    what: t("the time to the first token"),
    use: t("Without it one sees how long an answer took, not how long people waited for its begin."),
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
    use: t("Without it the cost is right, but not what part of it was thinking."),
  },
  {
    id: "reported_cost",
    label: t("own cost"),
    what: t("a cost of its own"),
    use: t("Nothing is missing: costs are computed from the price book. A reported one is shown beside it."),
  },
  {
    id: "agent",
    label: t("agent"),
    what: t("the agent that made the call"),
    use: t("Without it calls and their cost cannot be told by agent."),
  },
  {
    id: "session",
    label: t("session"),
    what: t("the conversation"),
    use: t("Without it traces of one conversation do not stand together."),
  },
  {
    id: "user",
    label: t("user"),
    what: t("the end user"),
    use: t("Without it use and cost cannot be told by user."),
  },
  {
    id: "errors",
    label: t("error type"),
    what: t("the type of error of failed calls"),
    use: t("Without it failures can be told apart by their texts only."),
  },
];
