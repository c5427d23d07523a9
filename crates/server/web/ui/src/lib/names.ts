// Names of runs and steps as people say them.

/** Operations of the GenAI conventions that stand before the name of an agent, workflow, tool or model. */
const OPERATION =
  /^(?:chat|text_completion|generate_content|embeddings|retrieval|execute_tool|invoke_agent|invoke_workflow|create_agent)\s+(?=\S)/;

/** A name without its operation: "invoke_agent planner" is planner, "chat gpt-4o" is gpt-4o. */
export function shortName(name: string): string {
  return name.replace(OPERATION, "");
}
