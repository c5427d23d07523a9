//! Constructors of guards: free functions for the current context, methods for a given one.

use super::kind::*;
use crate::at::At;
use crate::context::recorder;
use crate::recorder::any;
use crate::wire::Key;
use crate::{Context, Guard, mirror};

macro_rules! makers {
    ($($(#[doc = $doc:literal])* #[$example:literal]
        $function:ident($($argument:ident),+) -> $guard:ident, $make:expr;)*) => {
        $(
            $(#[doc = $doc])*
            ///
            #[doc = concat!("```\n", $example, "\n```")]
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
    #[r#"quipu_sdk::span("load").attribute("rows", 3).end();"#]
    span(name) -> Span, |at, name| begin(at, name);
    /// An agent run, by the agent's name.
    #[r#"quipu_sdk::agent("planner").session_id("s-1").end();"#]
    agent(name) -> Agent, |at, name| {
        let mut guard: Agent = begin(at, name);
        if let Some(live) = &mut guard.live {
            live.change(|bound| bound.agent = Some(name.into()));
        }
        guard
    };
    /// A workflow, by its name.
    #[r#"quipu_sdk::workflow("booking").end();"#]
    workflow(name) -> Workflow, |at, name| {
        let mut guard: Workflow = begin(at, name);
        if let Some(live) = &mut guard.live {
            live.change(|bound| bound.workflow = Some(name.into()));
        }
        guard
    };
    /// A step of a workflow or agent, by its name.
    #[r#"quipu_sdk::task("collect").end();"#]
    task(name) -> Task, |at, name| begin(at, name);
    /// A request to a language model. The provider can be empty if the model alone names it.
    #[r#"quipu_sdk::llm("openai", "gpt-5").usage((1_200, 85)).end();"#]
    llm(provider, model) -> Llm, |at, provider, model| {
        let guard: Llm = begin(at, model);
        if provider.is_empty() { guard } else { guard.text(Key::PROVIDER, provider) }
    };
    /// A request to an embedding model.
    #[r#"quipu_sdk::embedding("openai", "text-embedding-3-small").usage((900, 0)).end();"#]
    embedding(provider, model) -> Embedding, |at, provider, model| begin::<OfEmbedding>(at, model)
        .text(Key::PROVIDER, provider);
    /// A request to a reranking model.
    #[r#"quipu_sdk::rerank("cohere", "rerank-v3.5").end();"#]
    rerank(provider, model) -> Rerank, |at, provider, model| begin::<OfRerank>(at, model)
        .text(Key::PROVIDER, provider);
    /// A tool run, by the tool's name.
    #[r#"quipu_sdk::tool("search").call_id("call_1").end();"#]
    tool(name) -> Tool, |at, name| begin::<OfTool>(at, name);
    /// A look-up in a knowledge base, by its name.
    #[r#"quipu_sdk::retrieval("handbook").top_k(5).documents(3).end();"#]
    retrieval(source) -> Retrieval, |at, source| begin::<OfRetrieval>(at, source);
    /// An operation on an agent's memory: `read`, `write`, `search` …
    #[r#"quipu_sdk::memory("read").key("name").hit(true).end();"#]
    memory(operation) -> Memory, |at, operation| begin(at, operation);
    /// A check of input or output, by its name.
    #[r#"quipu_sdk::guardrail("no-secrets").triggered(false).end();"#]
    guardrail(name) -> Guardrail, |at, name| begin(at, name);
    /// A quality evaluation, by its name.
    #[r#"quipu_sdk::evaluator("relevance").score(0.9).label("good").end();"#]
    evaluator(name) -> Evaluator, |at, name| begin::<OfEvaluator>(at, name);
    /// Planning, by the method's name.
    #[r#"quipu_sdk::planning("react").end();"#]
    planning(name) -> Planning, |at, name| begin(at, name);
    /// A conversation; all records in it belong to this session.
    #[r#"let _session = quipu_sdk::session("s-1").enter();"#]
    session(id) -> Session, |at, id| begin::<OfSession>(at, "session").session_id(id);
    /// Assembly of a model's context.
    #[r#"quipu_sdk::context_assembly("prompt").end();"#]
    context_assembly(name) -> ContextAssembly, |at, name| begin(at, name);
    /// An operation on a file: its name, such as `read` or `write`, and the path.
    #[r#"quipu_sdk::file_operation("read", "notes.md").bytes(2_048).end();"#]
    file_operation(operation, path) -> FileOperation, |at, operation, path| {
        begin::<OfFileOperation>(at, operation).text(Key::FILE_PATH, path)
    };
    /// A shell command. The program's name is always recorded; the command line requires full prompt logging.
    #[r#"quipu_sdk::shell_command("cargo test").exit_code(0).end();"#]
    shell_command(command) -> ShellCommand, |at, command| {
        let program = program(command);
        begin::<OfShellCommand>(at, program).text(Key::COMMAND, program)
            .private(Key::COMMAND_LINE, command)
    };
    /// An operation on a version control system: `commit`, `checkout`, `diff` …
    #[r#"quipu_sdk::vcs("commit").branch("main").end();"#]
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
