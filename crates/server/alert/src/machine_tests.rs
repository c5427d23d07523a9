//! Tests of the state machine: named cases, and laws over random sequences.

use proptest::prelude::*;

use super::*;

const STEP: i64 = 10 * Timestamp::SECOND;

fn law(hold: i64, keep: i64) -> Law {
    Law {
        bound: Bound::Above(5.0),
        critical: None,
        recover: None,
        hold: hold * STEP,
        keep: keep * STEP,
        runs: 1,
        no_data: NoData::Keep,
        no_data_hold: None,
    }
}

/// The words of the group after each observation, and the changes with their step.
fn run(law: &Law, seen: &[Seen]) -> (Vec<&'static str>, Vec<(usize, Change)>) {
    let mut state = GroupState::default();
    let (mut words, mut changes) = (Vec::new(), Vec::new());
    for (at, seen) in seen.iter().enumerate() {
        let now = Timestamp::from_nanos((at as i64 + 1) * STEP);
        changes.extend(state.step(law, *seen, now).map(|change| (at, change)));
        words.push(state.word());
    }
    (words, changes)
}

fn values(of: &[f64]) -> Vec<Seen> {
    of.iter().map(|value| Seen::Value(*value)).collect()
}

#[test]
fn without_a_waiting_time_the_first_wrong_value_fires() {
    let (words, changes) = run(&law(0, 0), &values(&[5.0, 6.0, 7.0, 5.0]));
    assert_eq!(words, ["ok", "firing", "firing", "ok"]);
    assert_eq!(changes, [(1, Change::Fired), (3, Change::Resolved)]);
}

#[test]
fn a_waiting_time_starts_again_after_a_right_value() {
    let (words, changes) = run(&law(2, 0), &values(&[6.0, 6.0, 1.0, 6.0, 6.0, 6.0]));
    assert_eq!(words, ["pending", "pending", "ok", "pending", "pending", "firing"]);
    assert_eq!(changes, [(5, Change::Fired)]);
}

#[test]
fn a_group_fires_on_for_its_keeping_time() {
    let (words, changes) = run(&law(0, 2), &values(&[6.0, 1.0, 6.0, 1.0, 1.0]));
    assert_eq!(words, ["firing", "firing", "firing", "firing", "ok"]);
    assert_eq!(changes, [(0, Change::Fired), (4, Change::Resolved)]);
}

#[test]
fn a_recovery_threshold_stops_flapping() {
    let eased = Law { recover: Some(3.0), ..law(0, 0) };
    let (words, changes) = run(&eased, &values(&[4.0, 6.0, 4.0, 6.0, 3.0, 4.0]));
    assert_eq!(words, ["ok", "firing", "firing", "firing", "ok", "ok"]);
    assert_eq!(changes.len(), 2);
}

#[test]
fn missing_data_is_right_or_kept_or_wrong() {
    let seen = [Seen::Value(6.0), Seen::NoData, Seen::NoData, Seen::Value(1.0)];
    let with = |no_data, hold| run(&Law { no_data, ..law(hold, 0) }, &seen);
    assert_eq!(with(NoData::Ok, 0).0, ["firing", "no_data", "no_data", "ok"]);
    assert_eq!(with(NoData::Keep, 0).0, ["firing", "firing", "firing", "ok"]);
    assert_eq!(with(NoData::Alert, 2).0, ["pending", "no_data", "firing", "ok"], "it waits as all else");
}

#[test]
fn a_failed_evaluation_is_a_state_and_changes_no_phase() {
    let (words, changes) = run(&law(1, 0), &[Seen::Error, Seen::Value(6.0), Seen::Error, Seen::Value(6.0)]);
    assert_eq!(words, ["error", "pending", "error", "firing"]);
    assert_eq!(changes, [(3, Change::Fired)]);
}

#[test]
fn the_peak_is_the_worst_value_of_the_episode() {
    let below = Law { bound: Bound::Below(0.8), ..law(0, 0) };
    let mut state = GroupState::default();
    for (at, value) in [0.7, 0.2, 0.6].into_iter().enumerate() {
        state.step(&below, Seen::Value(value), Timestamp::from_nanos(at as i64 * STEP));
    }
    assert_eq!((state.peak, state.value), (Some(0.2), Some(0.6)));
}

fn observation() -> impl Strategy<Value = Seen> {
    prop_oneof![
        6 => (0..10_i32).prop_map(|value| Seen::Value(f64::from(value))),
        1 => Just(Seen::NoData),
        1 => Just(Seen::Error),
    ]
}

fn any_law() -> impl Strategy<Value = Law> {
    let no_data = prop_oneof![Just(NoData::Ok), Just(NoData::Keep), Just(NoData::Alert)];
    let recover = prop_oneof![Just(None), Just(Some(3.0))];
    (0..4_i64, 0..4_i64, no_data, recover).prop_map(|(hold, keep, no_data, recover)| Law {
        recover,
        no_data,
        ..law(hold, keep)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn episodes_begin_and_end_in_turn(law in any_law(), seen in prop::collection::vec(observation(), 0..60)) {
        let (words, changes) = run(&law, &seen);
        for (number, (_, change)) in changes.iter().enumerate() {
            let wanted = if number % 2 == 0 { Change::Fired } else { Change::Resolved };
            prop_assert_eq!(*change, wanted);
        }
        let firing = words.last().is_some_and(|word| *word == "firing");
        prop_assert_eq!(changes.len() % 2 == 1, firing);
    }

    #[test]
    fn nothing_fires_before_its_waiting_time(law in any_law(), seen in prop::collection::vec(observation(), 0..60)) {
        let (_, changes) = run(&law, &seen);
        let may_be_wrong = |seen: &Seen| match seen {
            Seen::Value(value) => law.bound.is_broken(*value),
            Seen::NoData => law.no_data != NoData::Ok,
            Seen::Error => true,
        };
        for (at, change) in changes {
            if change == Change::Fired {
                let waited = usize::try_from(law.hold / STEP).unwrap();
                prop_assert!(at >= waited);
                prop_assert!(seen[at - waited..=at].iter().all(may_be_wrong));
            }
        }
    }

    #[test]
    fn a_stored_state_goes_on_as_if_nothing_had_happened(
        law in any_law(), seen in prop::collection::vec(observation(), 1..40), cut in 0..40_usize,
    ) {
        let whole = run(&law, &seen).1;
        let (mut state, mut changes) = (GroupState::default(), Vec::new());
        for (at, one) in seen.iter().enumerate() {
            if at == cut {
                let text = serde_json::to_string(&state).unwrap();
                state = serde_json::from_str(&text).unwrap();
            }
            let now = Timestamp::from_nanos((at as i64 + 1) * STEP);
            changes.extend(state.step(&law, *one, now).map(|change| (at, change)));
        }
        prop_assert_eq!(changes, whole);
    }
}

#[test]
fn a_critical_value_raises_an_open_episode_once() {
    let critical = Law { critical: Some(8.0), ..law(0, 0) };
    let (_, changes) = run(&critical, &values(&[6.0, 9.0, 6.0, 9.0, 1.0, 9.0]));
    assert_eq!(
        changes,
        [(0, Change::Fired), (1, Change::Raised), (4, Change::Resolved), (5, Change::Fired)],
        "an episode that is critical at its begin is not raised"
    );
    let waiting = Law { critical: Some(8.0), ..law(1, 0) };
    let (_, changes) = run(&waiting, &values(&[9.0, 6.0, 9.0, 9.0]));
    assert_eq!(
        changes,
        [(1, Change::Fired), (3, Change::Raised)],
        "the waiting time is that of critical values"
    );
}

#[test]
fn a_rule_can_need_wrong_evaluations_one_after_another() {
    let runs = Law { runs: 3, ..law(0, 0) };
    let (words, _) = run(&runs, &values(&[6.0, 6.0, 1.0, 6.0, 6.0, 6.0]));
    assert_eq!(words, ["pending", "pending", "ok", "pending", "pending", "firing"]);
}

#[test]
fn missing_data_fires_after_its_own_time_and_not_with_a_record_between() {
    let absent = Law { no_data: NoData::Alert, no_data_hold: Some(2 * STEP), ..law(9, 0) };
    let none = Seen::NoData;
    let (words, _) = run(&absent, &[none, none, Seen::Value(1.0), none, none, none, Seen::Value(1.0)]);
    assert_eq!(words, ["no_data", "no_data", "ok", "no_data", "no_data", "firing", "ok"]);
}
