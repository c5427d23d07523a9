//! An event between its name and its recording.

use compact_str::CompactString;
use quipu_core::{Level, Value};

use super::filter::EventView;
use super::private::{has_private_body, is_private};
use crate::context::recorder;
use crate::draft::Draft;
use crate::{Context, Field, Recorder};

/// An event between its name and its recording.
#[derive(Debug)]
pub(super) struct Making {
    to: To,
    name: CompactString,
    level: Level,
}

#[derive(Debug)]
enum To {
    /// A filter is against it.
    Nobody,
    /// Nobody records here: what is said waits for a context that has a recorder.
    Nowhere(Vec<(CompactString, Value)>, Value),
    /// On its way.
    Draft(Draft),
}

impl To {
    const NOWHERE: Self = Self::Nowhere(Vec::new(), Value::Null);

    fn new(context: &Context, level: Level, name: &str) -> Self {
        Draft::begin(context, level, name).map_or(Self::NOWHERE, Self::Draft)
    }
}

impl Making {
    /// Begins one. Where `checked`, its level is known to be the last word, and nothing is begun below what is recorded.
    pub fn begin(context: Option<&Context>, level: Level, name: &str, checked: bool) -> Self {
        let recorder = context.map_or_else(recorder, Context::recorder);
        let to = match recorder {
            Some(recorder) if checked && !passes(recorder, name, level) => To::Nobody,
            Some(_) => match context {
                Some(context) => To::new(context, level, name),
                None => To::new(&Context::current(), level, name),
            },
            None => To::NOWHERE,
        };
        // The name of what nobody wants is not needed any more.
        let name = if matches!(to, To::Nobody) { CompactString::default() } else { name.into() };
        Self { to, name, level }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_recording(&self) -> bool {
        matches!(self.to, To::Draft(_))
    }

    /// Whether what is said of it may yet be recorded.
    pub fn listens(&self) -> bool {
        !matches!(self.to, To::Nobody)
    }

    /// Whether what was said to or by a model or tool is taken.
    pub fn takes_contents(&self) -> bool {
        match &self.to {
            To::Nobody => false,
            To::Nowhere(..) => true,
            To::Draft(draft) => draft.recorder().settings().log_full_prompts,
        }
    }

    pub fn level(&mut self, level: Level) {
        self.level = level;
        if let To::Draft(draft) = &mut self.to {
            if passes(draft.recorder(), &self.name, level) {
                draft.level(level);
            } else if let To::Draft(draft) = std::mem::replace(&mut self.to, To::Nobody) {
                draft.discard();
            }
        }
    }

    /// What the recorder of `context` may not hold does not come along from another one.
    pub fn move_to(&mut self, context: &Context) {
        let Some(recorder) = context.recorder() else { return };
        match &mut self.to {
            To::Nobody => {}
            To::Draft(draft) if draft.recorder().is(recorder) => draft.move_to(context),
            To::Draft(_) => self.to = To::new(context, self.level, &self.name),
            To::Nowhere(attributes, body) => {
                let (attributes, body) = (std::mem::take(attributes), std::mem::take(body));
                self.to = To::new(context, self.level, &self.name);
                let contents = self.takes_contents();
                for (key, value) in attributes.into_iter().filter(|(key, _)| contents || !is_private(key)) {
                    self.attribute(&key, value.into());
                }
                if body != Value::Null && (contents || !has_private_body(&self.name)) {
                    self.body(body.into());
                }
            }
        }
    }

    pub fn attribute(&mut self, key: &str, value: Field<'_>) {
        match &mut self.to {
            To::Nobody => {}
            To::Nowhere(attributes, _) => attributes.push((key.into(), value.into_value())),
            To::Draft(draft) => draft.attribute(key, &value),
        }
    }

    /// What nobody records yet has no scope either.
    pub fn scope(&mut self, name: &'static str) {
        if let To::Draft(draft) = &mut self.to {
            draft.scope(name);
        }
    }

    pub fn body(&mut self, body: Field<'_>) {
        match &mut self.to {
            To::Nobody => {}
            To::Nowhere(_, held) => *held = body.into_value(),
            To::Draft(draft) => draft.body(&body),
        }
    }

    pub fn emit(self) {
        let To::Draft(draft) = self.to else { return };
        let bound = draft.bound();
        let view = EventView {
            name: &self.name,
            level: self.level,
            framework: bound.and_then(|bound| bound.framework.as_deref()),
            session: bound.and_then(|bound| bound.session.as_deref()),
            agent: bound.and_then(|bound| bound.agent.as_deref()),
        };
        let settings = draft.recorder().settings();
        if settings.events.admits(settings.level, &view) {
            draft.send();
        } else {
            draft.discard();
        }
    }
}

fn passes(recorder: Recorder, name: &str, level: Level) -> bool {
    recorder.settings().events.passes(recorder.settings().level, name, level)
}
