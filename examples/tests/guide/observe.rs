//! Blocks of README.md and docs/guide/observe.md.

use std::io::{Error as ShipError, Error as SearchError, Error as WeatherError};

struct Token;
struct Document;
struct Receipt;

#[derive(Debug)]
struct Order {
    id: u32,
    customer: String,
    items: Vec<&'static str>,
}

async fn documents_with(query: &str, _: &Token) -> Result<Vec<Document>, SearchError> {
    query.split(' ').map(|_| Ok(Document)).collect()
}

fn post(order: Order, _: &Token) -> Result<Receipt, ShipError> {
    order.items.first().map(|_| Receipt).ok_or_else(|| ShipError::other("no items"))
}

async fn ask_station(city: &str) -> Result<String, WeatherError> {
    Ok(format!("18 degrees in {city}"))
}

// guide: docs/guide/observe.md rust 1

// guide: docs/guide/observe.md rust 2

#[tokio::test]
async fn observed_functions_have_the_fields_of_the_guide() {
    let capture = quipu::testing::capture().unwrap();
    let run = async {
        assert_eq!(search("red knots", &Token).await.unwrap().len(), 2);
        let order = Order { id: 7, customer: "Ana".to_owned(), items: vec!["tea"] };
        ship(order, 1, &Token).unwrap();
    };
    capture.run(run).await;
    let seen = capture.finished().unwrap();
    seen.assert_tools(&["search"]);
    let shipped = &seen.span("ship").unwrap().attributes;
    let texts = ["customer", "items"].map(|key| shipped.text(key).unwrap().to_owned());
    assert_eq!(texts, ["Ana", "[\"tea\"]"]);
    let numbers = ["order.id", "attempt", "any key"].map(|key| shipped.get(key).unwrap().as_int().unwrap());
    assert_eq!(numbers, [7, 1, 2]);
}

#[allow(dead_code, reason = "a process starts one library")]
fn overview(estimate: quipu::Usd) -> Result<(), Box<dyn std::error::Error>> {
    // guide: README.md rust 1
    drop((agent, get_weather("Lima")));
    Ok(())
}
