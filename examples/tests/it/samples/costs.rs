//! Samples about cost, tokens and budgets.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use quipu::core::{PriceRequest, Tokenizer, Usage};
use quipu::prices::NewPrice;
use quipu::testing::capture_with;
use quipu::{Budget, Usd};

use super::recorded;

#[test]
fn a_tracked_call_returns_its_cost() {
    let seen = recorded(|| {
        // sample: track_llm_usage
        let row = quipu::track_llm_usage("openai", "gpt-3.5-turbo", (100, 50), Duration::from_millis(1_500));
        let cost = row.and_then(|row| row.amount);
        // end
        assert_eq!(cost, "0.000125".parse().ok());
    });
    let call = seen.span("chat gpt-3.5-turbo").unwrap();
    assert_eq!((call.duration(), seen.tokens()), (Some(1_500_000_000), 150));
}

#[test]
fn a_request_is_tracked_without_its_provider() {
    let seen = recorded(|| {
        // sample: track_llm_request
        quipu::track_llm_request("gpt-4", (900, 100), Duration::from_millis(800));
        // end
    });
    assert_eq!(seen.span("chat gpt-4").unwrap().duration(), Some(800_000_000));
    assert_eq!((seen.tokens(), seen.cost()), (1_000, "0.033".parse().unwrap()));
}

#[test]
fn an_agents_execution_is_recorded_afterwards() {
    let seen = recorded(|| {
        let (took, succeeded) = (Duration::from_secs(2), true);
        // sample: record_agent_execution
        quipu::record_agent_execution("researcher", ("openai", "gpt-4"), (120, 30), took, succeeded);
        // end
    });
    let [run, call] = ["invoke_agent researcher", "chat gpt-4"].map(|name| seen.span(name).unwrap());
    assert_eq!((call.parent_id, run.duration()), (Some(run.span_id), Some(2_000_000_000)));
    assert_eq!(seen.cost(), "0.0054".parse().unwrap());
    seen.assert_calls(1).assert_no_errors();
}

#[test]
fn a_price_is_added_by_code() {
    let books = quipu::prices();
    let usage = Usage::from((1_000, 500));
    // sample: add_pricing_model
    books.add(&NewPrice::new("house", "tuned-1").input("0.50").output("1.50")).unwrap();
    // end
    let request = PriceRequest { provider: Some("house"), ..PriceRequest::new("tuned-1", now(), &usage) };
    let answer = quipu::core::PriceBook::price(&books, &request).unwrap();
    assert_eq!(answer.total, "0.00125".parse().unwrap());
    let unknown = PriceRequest { provider: Some("house"), ..PriceRequest::new("tuned-2", now(), &usage) };
    assert!(quipu::core::PriceBook::price(&books, &unknown).is_err(), "an unknown price is not zero");
}

fn now() -> quipu::core::Timestamp {
    std::time::SystemTime::now().into()
}

#[test]
fn a_provider_of_ones_own_has_prices_and_a_tokenizer() {
    // sample: add_provider
    struct Words;
    impl Tokenizer for Words {
        fn knows(&self, model: &str) -> bool {
            model == "words-1"
        }
        fn count(&self, text: &str) -> usize {
            text.split_whitespace().count()
        }
        fn error_bound(&self) -> f64 {
            0.0
        }
    }
    let capture = capture_with(|builder| builder.tokenizer(Words)).unwrap();
    let price = NewPrice::new("words", "words-1").input(2).output(4);
    capture.quipu().prices().unwrap().add(&price).unwrap();
    // end
    let estimator = capture.quipu().estimator();
    let estimate = estimator.estimate(&quipu::tokens::Ask::new("words-1", "three short words"));
    assert_eq!(estimate.input.expected, 3);
    let ended = capture.scope(|| quipu::llm("words", "words-1").usage((3, 2)).end());
    assert_eq!(ended.cost(), "0.000014".parse().ok());
}

#[test]
fn cost_is_estimated_before_the_call() {
    // sample: estimate_cost
    let estimate = quipu::estimate("gpt-3.5-turbo", "Hello world");
    // end
    assert_eq!((estimate.input.expected, estimate.input.exact), (2, true));
    assert!(estimate.cost.is_ok());
}

#[test]
fn a_budget_has_thresholds_and_a_callback() {
    let notices = Arc::new(AtomicU32::new(0));
    let count = Arc::clone(&notices);
    let heard = move |notice: &quipu::Notice| {
        assert_eq!(notice.budget, "daily");
        count.fetch_add(1, Ordering::SeqCst);
    };
    let capture = capture_with(|builder| {
        // sample: set_budget
        let builder = builder.budget("daily", Budget::usd(Usd::cents(500)));
        builder.on_budget_notice(heard)
        // end
    })
    .unwrap();
    capture.scope(|| quipu::llm("openai", "gpt-4").usage((140_000, 0)).end());
    capture.finished().unwrap();
    assert_eq!(notices.load(Ordering::SeqCst), 1, "4.20 of 5 dollars are above 80 %");
    assert!(capture.quipu().budget("daily").check(Usd::cents(100)).is_err());
}
