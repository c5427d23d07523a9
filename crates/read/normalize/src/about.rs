//! Context of the work: project, revision and branch of the source code, and billing.

use compact_str::CompactString;
use quipu_core::{Billing, Canonical};
use quipu_semconv::Field;

use crate::{Slots, text};

/// Fills in the values of the span or its resource.
pub(crate) fn fill(slots: &Slots<'_>, read: &mut Canonical) {
    let label = |field| slots.found(field).and_then(|found| text::label(found.value));
    read.project = label(Field::Project).or_else(|| folder(slots));
    read.commit = label(Field::Commit);
    read.branch = label(Field::Branch);
    read.billing = slots.found(Field::Billing).and_then(|found| billing(found.value.as_str()?));
}

/// The kind of billing, by its name.
fn billing(word: &str) -> Option<Billing> {
    let all = [Billing::Metered, Billing::Subscription];
    all.into_iter().find(|billing| billing.as_str().eq_ignore_ascii_case(word.trim()))
}

/// The name of the agent's working directory.
pub(crate) fn folder(slots: &Slots<'_>) -> Option<CompactString> {
    let path = slots.text(Field::WorkingDirectory)?;
    let name = path.trim_end_matches(['/', '\\']).rsplit(['/', '\\']).next()?;
    // The root of a Windows drive has no name.
    text::label(&name.into()).filter(|name| !name.ends_with(':'))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use quipu_core::{Resource, Span, SpanId, Timestamp, TraceId};

    use super::*;

    fn read(span: &[(&str, &str)], resource: &[(&str, &str)]) -> Canonical {
        let (trace, id) = (TraceId::from_bytes([1; 16]).unwrap(), SpanId::from_bytes([1; 8]).unwrap());
        let mut made = Span::new(trace, id, "x", Timestamp::from_nanos(1), Timestamp::from_nanos(2));
        made.attributes = span.iter().copied().collect();
        made.resource =
            Arc::new(Resource { attributes: resource.iter().copied().collect(), ..Resource::default() });
        crate::canonical(&Slots::of(&made), "genai")
    }

    fn labels(read: &Canonical) -> [Option<&str>; 3] {
        [read.project.as_deref(), read.commit.as_deref(), read.branch.as_deref()]
    }

    #[test]
    fn spans_and_resources_name_project_revision_and_branch() {
        let on_resource = read(
            &[],
            &[
                ("service.name", "shop"),
                ("openinference.project.name", "kite"),
                ("vcs.ref.head.revision", "9d59409acf479dfa0df1aa568182e43e43df8bbe"),
                ("vcs.ref.head.name", "main"),
            ],
        );
        let want = [Some("kite"), Some("9d59409acf479dfa0df1aa568182e43e43df8bbe"), Some("main")];
        assert_eq!(labels(&on_resource), want);
        let on_span = read(&[("git.commit", "c1"), ("git.branch", "next")], &[("vcs.ref.head.name", "main")]);
        assert_eq!(
            labels(&on_span),
            [None, Some("c1"), Some("main")],
            "the most trusted key, wherever it is"
        );
        let both = read(&[("quipu.project", "own")], &[("quipu.project", "everybody's")]);
        assert_eq!(labels(&both)[0], Some("own"));
        assert_eq!(labels(&read(&[], &[("quipu.project", "")])), [None; 3]);
    }

    #[test]
    fn a_project_that_nothing_names_is_the_folder_that_the_agent_works_in() {
        for (path, want) in [
            ("/home/amy/src/kite", Some("kite")),
            ("/home/amy/src/kite/", Some("kite")),
            ("C:\\Users\\amy\\kite", Some("kite")),
            ("C:\\", None),
            ("/", None),
        ] {
            assert_eq!(labels(&read(&[("process.working_directory", path)], &[]))[0], want, "{path}");
        }
        let named = [("process.working_directory", "/src/kite"), ("vcs.repository.name", "raft")];
        assert_eq!(labels(&read(&named, &[]))[0], Some("raft"));
        assert_eq!(
            labels(&read(&[], &[("process.working_directory", "/app")]))[0],
            None,
            "a service's folder says little"
        );
    }

    #[test]
    fn who_pays_is_a_word_of_its_own() {
        for (word, want) in [
            ("subscription", Some(Billing::Subscription)),
            ("Metered", Some(Billing::Metered)),
            ("free", None),
        ] {
            assert_eq!(read(&[], &[("quipu.billing", word)]).billing, want, "{word}");
        }
        let own = read(&[("quipu.billing", "metered")], &[("quipu.billing", "subscription")]);
        assert_eq!(own.billing, Some(Billing::Metered));
    }
}
