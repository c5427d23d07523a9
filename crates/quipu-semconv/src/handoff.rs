//! Tools by which one agent hands over to another.

/// Tools that hand over to any agent, in whatever case, and the argument that names it: of Google ADK, of Strands, and of
/// CrewAI under its old and its new spelling.
pub const HANDOFF_TOOLS: &[(&str, &str)] = &[
    ("transfer_to_agent", "agent_name"),
    ("handoff_to_agent", "agent_name"),
    ("delegate_work_to_coworker", "coworker"),
    ("delegate work to coworker", "coworker"),
    ("ask_question_to_coworker", "coworker"),
    ("ask question to coworker", "coworker"),
    ("handoff", "to_agent"),
];

/// How the names of tools begin that hand over to the agent that the rest of the name names: of LangGraph's supervisor and
/// swarm, Semantic Kernel, OpenAI Agents, and of Microsoft's agent framework.
pub const HANDOFF_PREFIXES: &[&str] = &["transfer_to_", "transfer_back_to_", "handoff_to_"];
