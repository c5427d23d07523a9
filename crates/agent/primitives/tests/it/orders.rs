//! Property tests: compositions return the results of the plain code.

use proptest::prelude::*;
use quipu_primitives::{parallel, sequence};

use crate::shared::{Failure, after, bad, good, watch};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_sequence_is_its_steps_one_after_the_other(steps in prop::collection::vec((any::<u64>(), 0..5_u64, 0..8_u8), 0..12)) {
        let mut want = Ok(1_u64);
        let mut built = sequence::<u64, Failure>("s");
        for (number, wait, sort) in steps.clone() {
            want = want.and_then(|given| if sort == 0 { Err(Failure::Number(number)) } else { Ok(given.wrapping_mul(31).wrapping_add(number)) });
            built = if sort == 0 {
                built.then("step", move |_| bad(wait, number))
            } else {
                built.map("step", move |given| after(wait, given.wrapping_mul(31).wrapping_add(number)))
            };
        }
        let ran = steps.iter().position(|step| step.2 == 0).map_or(steps.len(), |at| at + 1);
        let (result, seen) = watch(built.run(1));
        prop_assert_eq!(result, want);
        prop_assert_eq!(seen.spans.len(), ran + 1);
    }

    #[test]
    fn parallel_keeps_the_order(work in prop::collection::vec((any::<u64>(), 0..50_u64, 0..12_u8), 0..24), limit in 0..9_usize) {
        let piece = |(number, wait, sort): (u64, u64, u8)| async move { if sort == 0 { bad(wait, number).await } else { good(wait, number).await } };
        let plain: Vec<_> = work.iter().map(|(number, _, sort)| if *sort == 0 { Err(Failure::Number(*number)) } else { Ok(*number) }).collect();
        let (all, _) = watch(parallel("p").limit(limit).run_all(work.iter().copied().map(piece)));
        prop_assert_eq!(&all, &plain);
        let (result, seen) = watch(parallel("p").limit(limit).run(work.iter().copied().map(piece)));
        match result {
            Ok(values) => prop_assert_eq!(Ok(values), plain.into_iter().collect::<Result<Vec<_>, _>>()),
            Err(error) => prop_assert!(plain.contains(&Err(error))),
        }
        prop_assert!(seen.spans.iter().all(|span| span.end.is_some()));
    }
}
