//! State of an event builder.

use compact_str::CompactString;
use quipu_core::{Level, Value};

use super::filter::EventView;
use super::private::{has_private_body, is_private};
use crate::context::recorder;
use crate::draft::Draft;
use crate::{Context, Field, Recorder};

/// State of an event builder.
#[derive(Debug)]
pub(super) struct Making {
    to: To,
    name: CompactString,
    level: Level,
}

#[derive(Debug)]
enum To {
    /// A filter rejected the event.
    Nobody,
    /// No recorder yet: the values wait for a context with a recorder.
    Nowhere(Vec<(CompactString, Value)>, Value),
    /// The event is written to a draft.
    Draft(Draft),
}

impl To {
    const NOWHERE: Self = Self::Nowhere(Vec::new(), Value::Null);

    fn new(context: &Context, level: Level, name: &str) -> Self {
        Draft::begin(context, level, name).map_or(Self::NOWHERE, Self::Draft)
    }
}

impl Making {
    /// Starts an event. With `checked` the level is final, so an event below the minimum is rejected at once.
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
        // A rejected event needs no name.
        let name = if matches!(to, To::Nobody) { CompactString::default() } else { name.into() };
        Self { to, name, level }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn is_recording(&self) -> bool {
        matches!(self.to, To::Draft(_))
    }

    /// Whether the event can still be recorded.
    pub fn listens(&self) -> bool {
        !matches!(self.to, To::Nobody)
    }

    /// Whether contents of models and tools are accepted.
    pub fn takes_contents(&self) -> bool {
        match &self.to {
            To::Nobody => false,
            To::Nowhere(..) => true,
            To::Draft(draft) => draft.recorder().config().log_full_prompts,
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

    /// Moves the event. Contents that the new recorder must not hold are left out.
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

    /// The scope is set on a draft only.
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
        let settings = draft.recorder().config();
        if settings.events.admits(settings.level, &view) {
            draft.send();
        } else {
            draft.discard();
        }
    }
}

fn passes(recorder: Recorder, name: &str, level: Level) -> bool {
    recorder.config().events.passes(recorder.config().level, name, level)
}
