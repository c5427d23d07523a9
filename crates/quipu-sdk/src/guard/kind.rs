//! The kinds of guards. Each is a marker: what a guard can say beyond the common depends on it.

use crate::Guard;

/// A kind of guard.
pub trait GuardKind {
    /// The word that records carry: [`quipu_core::Kind`] where that has one, else the operation.
    const WORD: &'static str;
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $marker:ident = $word:literal, $guard:ident;)*) => {
        $(
            $(#[doc = $doc])*
            #[derive(Debug, Clone, Copy, Default)]
            pub struct $marker;

            impl GuardKind for $marker {
                const WORD: &'static str = $word;
            }

            $(#[doc = $doc])*
            pub type $guard = Guard<$marker>;
        )*
    };
}

kinds! {
    /// Any work.
    OfSpan = "other", Span;
    /// An agent's run.
    OfAgent = "agent", Agent;
    /// A workflow: a graph, crew, pipeline.
    OfWorkflow = "workflow", Workflow;
    /// A step of a workflow or agent.
    OfTask = "task", Task;
    /// A request to a language model.
    OfLlm = "llm", Llm;
    /// A request to an embedding model.
    OfEmbedding = "embedding", Embedding;
    /// A request to a reranking model.
    OfRerank = "rerank", Rerank;
    /// A tool's run.
    OfTool = "tool", Tool;
    /// A look-up in a knowledge base.
    OfRetrieval = "retrieval", Retrieval;
    /// Work on an agent's memory.
    OfMemory = "memory", Memory;
    /// A check of input or output.
    OfGuardrail = "guardrail", Guardrail;
    /// A judgement of quality.
    OfEvaluator = "evaluator", Evaluator;
    /// Planning.
    OfPlanning = "planning", Planning;
    /// A conversation.
    OfSession = "session", Session;
    /// Putting together what a model is shown.
    OfContextAssembly = "context_assembly", ContextAssembly;
    /// Reading or changing a file.
    OfFileOperation = "file_operation", FileOperation;
    /// A command run in a shell.
    OfShellCommand = "shell_command", ShellCommand;
    /// Work on a version control system.
    OfVcs = "vcs", Vcs;
}
