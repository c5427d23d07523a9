//! Marker types of guards. The marker decides which methods a guard has beyond the common ones.
//!
//! ```
//! use quipu_sdk::Guard;
//! use quipu_sdk::kind::GuardKind;
//!
//! fn finish<K: GuardKind>(guard: Guard<K>) -> K::Ended {
//!     guard.attribute("done", true).end()
//! }
//! finish(quipu_sdk::tool("search"));
//! ```

use super::Ended;
use crate::Guard;

/// A kind of guard.
pub trait GuardKind {
    /// The kind's word in records: that of [`quipu_core::Kind`] if it has one, else the operation.
    const WORD: &'static str;

    /// Result of [`Guard::end`]: [`Ended`] for model calls, nothing for others.
    type Ended: From<Ended>;
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $marker:ident = $word:literal, $guard:ident, $ended:ty;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy, Default)]
            pub struct $marker;

            impl GuardKind for $marker {
                type Ended = $ended;

                const WORD: &'static str = $word;
            }

            $(#[doc = $doc])*
            ///
            #[doc = concat!(
                "```\nfn finish(guard: quipu_sdk::",
                stringify!($guard),
                ") {\n    guard.attribute(\"done\", true).end();\n}\n# let _ = finish;\n```"
            )]
            pub type $guard = Guard<$marker>;
        )*
    };
}

kinds! {
    /// Any work.
    OfSpan = "other", Span, ();
    /// An agent run.
    OfAgent = "agent", Agent, ();
    /// A workflow: a graph, crew, pipeline.
    OfWorkflow = "workflow", Workflow, ();
    /// A step of a workflow or agent.
    OfTask = "task", Task, ();
    /// A request to a language model.
    OfLlm = "llm", Llm, Ended;
    /// A request to an embedding model.
    OfEmbedding = "embedding", Embedding, Ended;
    /// A request to a reranking model.
    OfRerank = "rerank", Rerank, Ended;
    /// A tool run.
    OfTool = "tool", Tool, ();
    /// A look-up in a knowledge base.
    OfRetrieval = "retrieval", Retrieval, ();
    /// An operation on an agent's memory.
    OfMemory = "memory", Memory, ();
    /// A check of input or output.
    OfGuardrail = "guardrail", Guardrail, ();
    /// A quality evaluation.
    OfEvaluator = "evaluator", Evaluator, ();
    /// Planning.
    OfPlanning = "planning", Planning, ();
    /// A conversation.
    OfSession = "session", Session, ();
    /// Assembly of a model's context.
    OfContextAssembly = "context_assembly", ContextAssembly, ();
    /// An operation on a file.
    OfFileOperation = "file_operation", FileOperation, ();
    /// A shell command.
    OfShellCommand = "shell_command", ShellCommand, ();
    /// An operation on a version control system.
    OfVcs = "vcs", Vcs, ();
}
