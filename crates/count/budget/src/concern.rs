//! Check whether budgets could apply to a request that is only partly known.

use crate::definition::{BudgetSet, Definition};
use crate::registry::{self, Mode};
use crate::{Action, Amount, BudgetError, Budgets, Subject};

impl Budgets {
    /// Whether a budget that does more than notify could apply to this subject. A field that the subject does
    /// not name may have any value. The same holds for its model and its tags, as an unread body can name
    /// others.
    ///
    /// # Errors
    /// The definitions cannot be read, or nothing runs that counts.
    pub fn could_concern(&self, subject: &Subject) -> Result<bool, BudgetError> {
        self.any(|definition| could_be_within(definition, subject))
    }

    /// Whether a budget with a limit in dollars that does more than notify is about this subject.
    ///
    /// # Errors
    /// As [`Budgets::could_concern`].
    pub fn limits_money(&self, subject: &Subject) -> Result<bool, BudgetError> {
        self.any(|definition| {
            let mut limits = definition.limits.iter();
            limits.any(|limit| matches!(limit.amount, Amount::Usd(_)))
                && !definition.scopes(subject).is_empty()
        })
    }

    fn any(&self, holds: impl Fn(&Definition) -> bool) -> Result<bool, BudgetError> {
        let name = "*";
        match self.0.mode {
            Mode::Off => return Ok(false),
            Mode::Absent => return Err(BudgetError::NotRunning { name: name.to_owned() }),
            Mode::On => {}
        }
        let enforced = |known: &BudgetSet| {
            let mut all = known.all.values().filter(|one| one.config.action != Action::Notify);
            all.any(|definition| holds(definition))
        };
        self.with(|_, known| Ok(enforced(known))).map_err(|error| registry::unwritable(name, &error))
    }
}

fn could_be_within(definition: &Definition, subject: &Subject) -> bool {
    let could_be = |(name, pattern): (&'static str, &str)| {
        subject.is_within(name, pattern) || subject.may_be_another(name)
    };
    definition.config.scope.fields().all(could_be)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::{Budget, Scope};

    fn budgets(scope: Scope, budget: Budget) -> Budgets {
        Budgets::new(BTreeMap::from([("one".to_owned(), budget.scope(scope))]))
    }

    #[test]
    fn an_unknown_field_may_have_any_value_and_a_known_one_only_its_own() {
        let scope = Scope { user: Some("a".into()), model: Some("gpt-4o".into()), ..Scope::default() };
        let all = budgets(scope, Budget::calls(1));
        let subject = Subject::default().provider("openai");
        assert!(all.could_concern(&subject).unwrap());
        assert!(all.could_concern(&subject.clone().user("a").model("other")).unwrap());
        assert!(!all.could_concern(&subject.user("b")).unwrap());
        let everybody = budgets(Scope::default(), Budget::calls(1));
        assert!(everybody.could_concern(&Subject::default().user("b")).unwrap());
        assert!(!Budgets::new(BTreeMap::new()).could_concern(&Subject::default()).unwrap());
    }

    #[test]
    fn only_dollars_limit_money_and_only_for_those_in_scope() {
        let subject = Subject::default().user("a");
        let scope = || Scope { user: Some("a".into()), ..Scope::default() };
        let dollars = || Budget::usd("1".parse().unwrap());
        assert!(budgets(scope(), dollars()).limits_money(&subject).unwrap());
        assert!(!budgets(scope(), dollars()).limits_money(&Subject::default().user("b")).unwrap());
        assert!(!budgets(scope(), Budget::tokens(1)).limits_money(&subject).unwrap());
        assert!(!budgets(scope(), dollars().action(Action::Notify)).limits_money(&subject).unwrap());
    }
}
