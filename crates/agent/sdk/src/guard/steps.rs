//! Methods of guards for the other steps of an agent.

use super::{
    OfAgent, OfEvaluator, OfFileOperation, OfGuardrail, OfMemory, OfRetrieval, OfShellCommand, OfTask,
    OfTool, OfVcs, OfWorkflow,
};
use crate::Guard;
use crate::wire::Key;

impl Guard<OfAgent> {
    /// The agent's id, if names are not unique.
    #[inline]
    pub fn id(self, id: &str) -> Self {
        self.text(Key::AGENT_ID, id)
    }

    /// Records a handoff to another agent.
    #[inline]
    pub fn hand_off(&mut self, to: &str) {
        self.event(quipu_semconv::quipu::HANDOFF_EVENT, &[("gen_ai.handoff.to_agent", to.into())]);
    }
}

impl Guard<OfWorkflow> {
    /// Starts a step of this workflow as a child span.
    #[inline]
    pub fn step(&self, name: &str) -> Guard<OfTask> {
        self.context().task(name)
    }
}

impl Guard<OfTool> {
    /// The model's id of the call.
    #[inline]
    pub fn call_id(self, id: &str) -> Self {
        self.text(Key::TOOL_CALL, id)
    }

    /// Arguments of the tool; requires full prompt logging.
    #[inline]
    pub fn arguments(self, json: &str) -> Self {
        self.private(Key::TOOL_ARGUMENTS, json)
    }

    /// Result of the tool; requires full prompt logging.
    #[inline]
    pub fn result(self, text: &str) -> Self {
        self.private(Key::TOOL_RESULT, text)
    }
}

impl Guard<OfRetrieval> {
    /// Query text; requires full prompt logging.
    #[inline]
    pub fn query(self, text: &str) -> Self {
        self.private(Key::QUERY, text)
    }

    /// Maximum number of requested documents.
    #[inline]
    pub fn top_k(self, most: usize) -> Self {
        self.int(Key::RETRIEVAL_TOP_K, most)
    }

    /// Number of found documents.
    #[inline]
    pub fn documents(self, count: usize) -> Self {
        self.int(Key::DOCUMENTS, count)
    }
}

impl Guard<OfMemory> {
    /// The key that was read or written.
    #[inline]
    pub fn key(self, key: &str) -> Self {
        self.text(Key::MEMORY_KEY, key)
    }

    /// Whether the look-up found an entry.
    #[inline]
    pub fn hit(self, hit: bool) -> Self {
        self.flag(Key::MEMORY_HIT, hit)
    }
}

impl Guard<OfGuardrail> {
    /// Whether the check was triggered.
    #[inline]
    pub fn triggered(self, triggered: bool) -> Self {
        self.flag(Key::TRIGGERED, triggered)
    }
}

impl Guard<OfEvaluator> {
    /// Score as a number.
    #[inline]
    pub fn score(self, score: f64) -> Self {
        self.double(Key::SCORE, score)
    }

    /// Score as a label.
    #[inline]
    pub fn label(self, label: &str) -> Self {
        self.text(Key::LABEL, label)
    }
}

impl Guard<OfFileOperation> {
    /// Bytes read or written.
    #[inline]
    pub fn bytes(self, bytes: u64) -> Self {
        self.int(Key::FILE_SIZE, bytes)
    }
}

impl Guard<OfShellCommand> {
    /// Exit code; a value other than 0 is a failure.
    #[inline]
    pub fn exit_code(mut self, code: i32) -> Self {
        if code != 0 {
            self.error("exit_code", format_args!("exit code {code}"));
        }
        self.int(Key::EXIT_CODE, code)
    }
}

impl Guard<OfVcs> {
    /// The created or read revision, such as a commit hash.
    #[inline]
    pub fn revision(self, revision: &str) -> Self {
        self.text(Key::REVISION, revision)
    }

    /// Name of the branch.
    #[inline]
    pub fn branch(self, name: &str) -> Self {
        self.text(Key::BRANCH, name)
    }
}
