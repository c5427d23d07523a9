//! Tools by which one agent hands over to another agent.

/// Tools that hand over to any agent, in upper or lower case, with the argument that names the agent.
/// Sources: Google ADK, Strands, and CrewAI under its old and its new spelling.
pub const HANDOFF_TOOLS: &[(&str, &str)] = &[
    ("transfer_to_agent", "agent_name"),
    ("handoff_to_agent", "agent_name"),
    ("delegate_work_to_coworker", "coworker"),
    ("delegate work to coworker", "coworker"),
    ("ask_question_to_coworker", "coworker"),
    ("ask question to coworker", "coworker"),
    ("handoff", "to_agent"),
];

/// Prefixes of hand-off tools whose name continues with the agent's name. Sources: LangGraph's supervisor and
/// swarm, Semantic Kernel, OpenAI Agents, and Microsoft's agent framework.
pub const HANDOFF_PREFIXES: &[&str] = &["transfer_to_", "transfer_back_to_", "handoff_to_"];
