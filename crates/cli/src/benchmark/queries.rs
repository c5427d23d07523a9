//! Times of queries, as the dashboard asks them.

use std::time::{Duration, Instant};

use anyhow::{Context, Result};

use super::figures::Figures;
use super::load::WORDS;
use crate::ask::{OpenSource, Question, escape};

/// Answers of each query, if the time allows.
const RUNS: usize = 200;
/// Answers that are not timed, because they fill caches.
const WARM: usize = 3;

/// Times each query in its share of the time.
///
/// # Errors
/// The source gives no answer.
pub fn measure(source: &OpenSource, prefix: &str, most: Duration, figures: &mut Figures) -> Result<()> {
    let with = |path: &str, params: &[(&'static str, &str)]| {
        params.iter().fold(Question::get(path), |question, (name, value)| {
            question.with(name, &Some((*value).to_owned()))
        })
    };
    let listed = source.ask(&with("/api/v1/traces", &[("limit", "50")]))?;
    let trace = listed["traces"][0]["trace_id"].as_str().map(str::to_owned);
    let words = format!("{} {}", WORDS[0], WORDS[3]);
    let mut questions = vec![
        ("list_24h", with("/api/v1/traces", &[("since", "-24h"), ("status", "error"), ("limit", "50")])),
        ("list_all", with("/api/v1/traces", &[("limit", "50")])),
        ("usage_30d", with("/api/v1/usage", &[("group_by", "model,hour"), ("since", "-30d")])),
        ("full_text", with("/api/v1/traces", &[("q", &words), ("limit", "50")])),
        ("tools_30d", with("/api/v1/tools", &[("since", "-30d")])),
        ("sessions", with("/api/v1/sessions", &[("limit", "50")])),
    ];
    if let Some(id) = trace {
        questions.push(("trace_100", Question::get(format!("/api/v1/traces/{}", escape(&id)))));
    }
    let share = most / u32::try_from(questions.len()).unwrap_or(u32::MAX);
    for (name, question) in &questions {
        let mut times = timed(source, question, share).with_context(|| format!("query {name}"))?;
        figures.times(&format!("{prefix}.{name}"), &mut times);
    }
    Ok(())
}

fn timed(source: &OpenSource, question: &Question, most: Duration) -> Result<Vec<Duration>> {
    let began = Instant::now();
    let mut times = Vec::new();
    for run in 0..WARM + RUNS {
        if run > WARM && began.elapsed() > most {
            break;
        }
        let asked = Instant::now();
        source.ask(question)?;
        if run >= WARM {
            times.push(asked.elapsed());
        }
    }
    Ok(times)
}
