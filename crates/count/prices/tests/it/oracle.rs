//! Tests against LiteLLM's own package for models that the first source lacks.
//!
//! `tests/litellm/make_cases.py` made the cases. Every different answer of ours is listed in
//! `tests/litellm/differences.tsv` with its reason; the head of the table explains and counts the reasons. An
//! unlisted difference fails the test, and so does a listed case without a difference.
//! `QUIPU_WRITE_DIFFERENCES=1` writes the table again: reasons stay, new differences get `?`, which fails.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use quipu_core::{PriceBook, PriceRequest, Timestamp, Usage, Usd};
use quipu_prices::Books;

struct Case {
    key: String,
    provider: String,
    name: String,
    tier: Option<String>,
    /// In dollars; `None` if only a float sum is known.
    exact: Option<Usd>,
    near: f64,
}

struct Cases {
    at: Timestamp,
    models: usize,
    all: Vec<Case>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/litellm")
}

fn cases() -> Cases {
    let mut text = String::new();
    let file = std::fs::File::open(folder().join("cases.tsv.gz")).unwrap();
    GzDecoder::new(file).read_to_string(&mut text).unwrap();
    let mut lines = text.lines();
    let at = lines.next().unwrap().trim_start_matches("# ").split('\t').next().unwrap().parse().unwrap();
    let (mut all, mut models) = (Vec::new(), 0);
    for line in lines {
        models += 1;
        let mut fields = line.split('\t').map(str::to_owned);
        let (key, provider, _) = (fields.next().unwrap(), fields.next().unwrap(), fields.next().unwrap());
        all.extend(fields.map(|field| {
            let (asked, dollars) = field.split_once('=').unwrap();
            let (name, tier) =
                asked.split_once('@').map_or((asked, None), |(name, tier)| (name, Some(tier.to_owned())));
            let near = dollars.trim_start_matches('~').parse().unwrap();
            let exact = (!dollars.starts_with('~')).then(|| cut(dollars));
            let (key, provider) = (key.clone(), provider.clone());
            Case { key, provider, name: name.to_owned(), tier, exact, near }
        }));
    }
    Cases { at, models, all }
}

/// Truncates to the 24 decimal places of money.
fn cut(dollars: &str) -> Usd {
    let end = dollars.find('.').map_or(dollars.len(), |point| (point + 25).min(dollars.len()));
    dollars[..end].parse().unwrap()
}

/// The usage in the form of `make_cases.py`.
fn usage(case: &Case) -> (Usage, BTreeMap<compact_str::CompactString, u64>) {
    let mut units = BTreeMap::new();
    let mut unit = |name: &str, count| {
        units.insert(name.into(), count);
        Usage::default()
    };
    let of = |input, output| Usage::of(input, output);
    let usage = match case.name.as_str() {
        "seconds" => unit("audio_seconds", 60),
        "reranks" => unit("rerank_searches", 1),
        "searches" => unit("web_searches", 1),
        "characters" => unit("input_characters", 1_000),
        "embedding" => Usage { input: Some(1_000), ..Usage::default() },
        "plain" | "time" => of(1_000, 100),
        "cached" => of(10_000, 500).cache_read(4_000),
        "written" => Usage {
            cache_write: Some(3_000),
            cache_write_5m: Some(3_000),
            ..of(10_000, 500).cache_read(4_000)
        },
        "hour" => Usage {
            cache_write: Some(3_000),
            cache_write_5m: Some(1_000),
            cache_write_1h: Some(2_000),
            ..of(10_000, 500).cache_read(4_000)
        },
        "large" => of(300_001, 1_000),
        "large-cached" => of(300_001, 1_000).cache_read(100_000),
        "middle" => of(150_000, 1_000),
        "reasoning" => Usage { reasoning: Some(200), ..of(1_000, 500) },
        "audio" => Usage { input_audio: Some(600), output_audio: Some(300), ..of(1_000, 500) },
        other => panic!("no usage {other}"),
    };
    (usage, units)
}

fn ours(books: &Books, case: &Case, at: Timestamp) -> Result<(Usd, String), String> {
    let (usage, units) = usage(case);
    let context = case.tier.as_deref().map(|tier| match tier {
        "batch" => ("processing".into(), "batch".into()),
        tier => ("service_tier".into(), tier.into()),
    });
    let request = PriceRequest {
        provider: Some(&case.provider),
        context: context.into_iter().collect(),
        units,
        duration: (case.name == "time").then_some(1_500_000_000),
        ..PriceRequest::new(&case.key, at, &usage)
    };
    let answer = books.price(&request).map_err(|why| why.as_str().to_owned())?;
    Ok((answer.total, format!("{} {}", answer.rule.source, answer.rule.id)))
}

fn same(case: &Case, ours: Usd) -> bool {
    match case.exact {
        // The 25th digit and all further ones are cut in each line.
        Some(exact) => exact.raw().abs_diff(ours.raw()) <= 4,
        None => {
            let ours: f64 = ours.to_string().parse().unwrap();
            (ours - case.near).abs() <= 1e-9 * case.near.abs()
        }
    }
}

/// Key and usage, then provider, LiteLLM's answer, ours, our rule.
type Differences = BTreeMap<(String, String), [String; 4]>;

fn differences(cases: &Cases) -> Differences {
    let books = Books::vendored();
    let mut all = Differences::new();
    for case in &cases.all {
        let (ours, rule) = match ours(&books, case, cases.at) {
            Ok((total, _)) if same(case, total) => continue,
            Ok((total, rule)) => (total.to_string(), rule),
            Err(why) => (why, "-".to_owned()),
        };
        let asked =
            case.tier.as_ref().map_or_else(|| case.name.clone(), |tier| format!("{}@{tier}", case.name));
        let theirs = case.exact.map_or_else(|| format!("~{}", case.near), |exact| exact.to_string());
        all.insert((case.key.clone(), asked), [case.provider.clone(), theirs, ours, rule]);
    }
    all
}

#[test]
fn every_difference_from_litellm_is_explained() {
    let cases = cases();
    assert!(cases.models >= 1_000 && cases.all.len() >= 4_000, "{} {}", cases.models, cases.all.len());
    let path = folder().join("differences.tsv");
    let table = std::fs::read_to_string(&path).unwrap_or_default();
    let rows = table.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let rows: Vec<Vec<&str>> = rows.map(|line| line.split('\t').collect()).collect();
    let reasons: BTreeMap<_, _> = rows
        .iter()
        .map(|row| ((row[0].to_owned(), row[1].to_owned()), (row[2..6].to_vec(), row[6])))
        .collect();
    let found = differences(&cases);
    if std::env::var_os("QUIPU_WRITE_DIFFERENCES").is_some() {
        let head: String =
            table.lines().filter(|line| line.starts_with('#')).map(|line| format!("{line}\n")).collect();
        let rows = found.iter().map(|(at, row)| {
            let reason = reasons.get(at).map_or("?", |(_, reason)| reason);
            format!("{}\t{}\t{}\t{reason}\n", at.0, at.1, row.join("\t"))
        });
        std::fs::write(&path, head + &rows.collect::<String>()).unwrap();
        return;
    }
    let mut counted = BTreeMap::<&str, usize>::new();
    for (_, reason) in reasons.values() {
        *counted.entry(reason).or_default() += 1;
    }
    let legend =
        table.lines().filter_map(|line| line.strip_prefix("# ")?.split_once(": ")?.0.rsplit_once(' '));
    let legend: BTreeMap<&str, usize> = legend.map(|(name, count)| (name, count.parse().unwrap())).collect();
    assert_eq!(counted, legend);
    for (at, row) in &found {
        let Some((known, _)) = reasons.get(at) else { panic!("not in the table: {at:?} {row:?}") };
        assert_eq!(known, row, "{at:?}");
    }
    for at in reasons.keys() {
        assert!(found.contains_key(at), "no difference any more: {at:?}");
    }
}
