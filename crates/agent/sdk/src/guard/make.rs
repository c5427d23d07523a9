//! Constructors of guards: free functions for the current context, methods for a given one.

use super::kind::*;
use crate::at::At;
use crate::context::recorder;
use crate::recorder::any;
use crate::wire::Key;
use crate::{Context, Guard, mirror};

macro_rules! makers {
    ($($(#[doc = $doc:literal])* $function:ident($($argument:ident),+) -> $guard:ident, $make:expr;)*) => {
        $(
            $(#[doc = $doc])*
            #[inline]
            pub fn $function($($argument: &str),+) -> $guard {
                if !any() {
                    return Guard::default();
                }
                let make: fn(&At, $(makers!(@text $argument)),+) -> $guard = $make;
                if !mirror::listens() {
                    // Without a mirror nothing reads the context during the call, so it is borrowed instead
                    // of cloned.
                    let made = At::look(|at| at.recorder().is_some().then(|| make(at, $($argument),+)));
                    if let Some(made) = made {
                        return made;
                    }
                }
                if recorder().is_none() {
                    return Guard::default();
                }
                make(&At::current(), $($argument),+)
            }
        )*

        impl Context {
            $(
                $(#[doc = $doc])*
                #[inline]
                pub fn $function(&self, $($argument: &str),+) -> $guard {
                    let make: fn(&At, $(makers!(@text $argument)),+) -> $guard = $make;
                    make(&self.at, $($argument),+)
                }
            )*
        }

        impl<K> Guard<K> {
            $(
                $(#[doc = $doc])*
                ///
                /// As a child of this span.
                #[inline]
                pub fn $function(&self, $($argument: &str),+) -> $guard {
                    self.context().$function($($argument),+)
                }
            )*
        }
    };
    (@text $argument:ident) => { &str };
}

#[inline]
fn begin<K: GuardKind>(at: &At, name: &str) -> Guard<K> {
    Guard::begin(at, name)
}

makers! {
    /// A generic span, by its name.
    span(name) -> Span, |at, name| begin(at, name);
    /// An agent run, by the agent's name.
    agent(name) -> Agent, |at, name| {
        let mut guard: Agent = begin(at, name);
        if let Some(live) = &mut guard.live {
            live.change(|bound| bound.agent = Some(name.into()));
        }
        guard
    };
    /// A workflow, by its name.
    workflow(name) -> Workflow, |at, name| {
        let mut guard: Workflow = begin(at, name);
        if let Some(live) = &mut guard.live {
            live.change(|bound| bound.workflow = Some(name.into()));
        }
        guard
    };
    /// A step of a workflow or agent, by its name.
    task(name) -> Task, |at, name| begin(at, name);
    /// A request to a language model. The provider can be empty if the model alone names it.
    llm(provider, model) -> Llm, |at, provider, model| {
        let guard: Llm = begin(at, model);
        if provider.is_empty() { guard } else { guard.text(Key::PROVIDER, provider) }
    };
    /// A request to an embedding model.
    embedding(provider, model) -> Embedding, |at, provider, model| begin::<OfEmbedding>(at, model)
        .text(Key::PROVIDER, provider);
    /// A request to a reranking model.
    rerank(provider, model) -> Rerank, |at, provider, model| begin::<OfRerank>(at, model)
        .text(Key::PROVIDER, provider);
    /// A tool run, by the tool's name.
    tool(name) -> Tool, |at, name| begin::<OfTool>(at, name);
    /// A look-up in a knowledge base, by its name.
    retrieval(source) -> Retrieval, |at, source| begin::<OfRetrieval>(at, source);
    /// An operation on an agent's memory: `read`, `write`, `search` …
    memory(operation) -> Memory, |at, operation| begin(at, operation);
    /// A check of input or output, by its name.
    guardrail(name) -> Guardrail, |at, name| begin(at, name);
    /// A quality evaluation, by its name.
    evaluator(name) -> Evaluator, |at, name| begin::<OfEvaluator>(at, name);
    /// Planning, by the method's name.
    planning(name) -> Planning, |at, name| begin(at, name);
    /// A conversation; all records in it belong to this session.
    session(id) -> Session, |at, id| begin::<OfSession>(at, "session").session_id(id);
    /// Assembly of a model's context.
    context_assembly(name) -> ContextAssembly, |at, name| begin(at, name);
    /// An operation on a file: its name, such as `read` or `write`, and the path.
    file_operation(operation, path) -> FileOperation, |at, operation, path| {
        begin::<OfFileOperation>(at, operation).text(Key::FILE_PATH, path)
    };
    /// A shell command. The program's name is always recorded; the command line requires full prompt logging.
    shell_command(command) -> ShellCommand, |at, command| {
        let program = program(command);
        begin::<OfShellCommand>(at, program).text(Key::COMMAND, program)
            .private(Key::COMMAND_LINE, command)
    };
    /// An operation on a version control system: `commit`, `checkout`, `diff` …
    vcs(operation) -> Vcs, |at, operation| begin(at, operation);
}

/// The program of a command line: the first word that is no variable assignment, because a value may be a
/// secret. Empty if a quoted value makes the end of an assignment unclear.
pub(crate) fn program(command: &str) -> &str {
    let mut words = command.split_whitespace();
    let word = words.find(|word| !word.contains('=') || word.contains(['"', '\'', '\\', '`', '(']));
    word.filter(|word| !word.contains('=')).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::program;

    #[test]
    fn values_of_variables_are_no_programs() {
        for (command, name) in [
            ("cargo test", "cargo"),
            ("TOKEN=s3cret curl -s example.org", "curl"),
            ("A=1 B=2 make", "make"),
            ("TOKEN='two words' curl", ""),
            ("A=$(pass show) curl", ""),
            ("A=1", ""),
            ("", ""),
        ] {
            assert_eq!(program(command), name, "{command}");
        }
    }
}
