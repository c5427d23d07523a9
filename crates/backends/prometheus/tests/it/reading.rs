//! A strict parser of both formats: it accepts only what the specifications allow.

use std::collections::{BTreeMap, HashSet};

use quipu_backend_prometheus::Format;

/// A parsed family.
#[derive(Debug, Default)]
pub struct Family {
    pub kind: String,
    pub unit: String,
    pub help: String,
    pub samples: Vec<Sample>,
}

/// A line with a value.
#[derive(Debug, Clone)]
pub struct Sample {
    pub name: String,
    pub labels: BTreeMap<String, String>,
    pub value: f64,
    pub exemplar: Option<String>,
}

pub type Page = BTreeMap<String, Family>;

/// Parses a page.
///
/// # Errors
/// The line that violates a rule, and the rule.
pub fn read(text: &str, format: Format) -> Result<Page, String> {
    let open = format == Format::OpenMetrics;
    let body = match (open, text.strip_suffix("# EOF\n")) {
        (true, Some(body)) => body,
        (true, None) => return Err("no # EOF at the end".to_owned()),
        (false, _) => text,
    };
    if !body.is_empty() && !body.ends_with('\n') {
        return Err("the last line has no end".to_owned());
    }
    let mut page = Page::new();
    let mut current = String::new();
    let mut seen = HashSet::new();
    for line in body.split_terminator('\n') {
        let step = match line.strip_prefix("# ") {
            Some(about) => describe(about, &mut page, &mut current, open),
            None => sample(line, open).and_then(|sample| {
                if !seen.insert((sample.name.clone(), format!("{:?}", sample.labels))) {
                    return Err("comes twice".to_owned());
                }
                let family = page.get_mut(&current).ok_or("no family")?;
                suits(&current, family, &sample, open)?;
                family.samples.push(sample);
                Ok(())
            }),
        };
        step.map_err(|why| format!("{why}: {line}"))?;
    }
    page.iter().try_for_each(|(name, family)| whole(family, open).map_err(|why| format!("{name}: {why}")))?;
    no_clash(&page, open)?;
    Ok(page)
}

fn describe(about: &str, page: &mut Page, current: &mut String, open: bool) -> Result<(), String> {
    let mut words = about.splitn(3, ' ');
    let (what, name) = (words.next().unwrap_or_default(), words.next().ok_or("no name")?);
    let rest = words.next().ok_or("nothing said")?;
    valid(name, true)?;
    if name != current {
        if page.contains_key(name) {
            return Err("family comes twice".to_owned());
        }
        name.clone_into(current);
        page.insert(name.to_owned(), Family::default());
    }
    let family = page.get_mut(name).ok_or("no family")?;
    if !family.samples.is_empty() {
        return Err("described after its samples".to_owned());
    }
    let place = match what {
        "HELP" => &mut family.help,
        "TYPE" => &mut family.kind,
        "UNIT" if open && name.ends_with(&format!("_{rest}")) => &mut family.unit,
        _ => return Err("not HELP, TYPE or a unit that the name ends with".to_owned()),
    };
    if !place.is_empty() {
        return Err("said twice".to_owned());
    }
    *place = if what == "HELP" { unescaped(rest, open)?.0 } else { rest.to_owned() };
    Ok(())
}

/// A name, labels, a value, and in OpenMetrics an exemplar.
fn sample(line: &str, open: bool) -> Result<Sample, String> {
    let end = line.find(['{', ' ']).ok_or("no value")?;
    let (name, rest) = line.split_at(end);
    valid(name, true)?;
    let (labels, rest) = labels(rest)?;
    let rest = rest.strip_prefix(' ').ok_or("no space before the value")?;
    let (value, exemplar) = match rest.split_once(" # ") {
        Some((value, exemplar)) if open => (value, Some(exemplar.to_owned())),
        Some(_) => return Err("an exemplar in text".to_owned()),
        None => (rest, None),
    };
    if let Some(exemplar) = &exemplar {
        let (labels, rest) = self::labels(exemplar)?;
        if labels.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() > 128 {
            return Err("an exemplar with more than 128 characters".to_owned());
        }
        let figures: Vec<f64> = rest.split_whitespace().map(number).collect::<Result<_, _>>()?;
        if figures.len() != 2 || !(name.ends_with("_bucket") || name.ends_with("_total")) {
            return Err("an exemplar out of place".to_owned());
        }
    }
    Ok(Sample { name: name.to_owned(), labels, value: number(value)?, exemplar })
}

fn labels(text: &str) -> Result<(BTreeMap<String, String>, &str), String> {
    let mut labels = BTreeMap::new();
    let Some(mut rest) = text.strip_prefix('{') else { return Ok((labels, text)) };
    loop {
        let (name, value) = rest.split_once("=\"").ok_or("no label")?;
        valid(name, false)?;
        let (value, end) = unescaped(value, true)?;
        let after = rest.find("=\"").map_or(0, |at| at + 2) + end;
        if value.is_empty() || labels.insert(name.to_owned(), value).is_some() {
            return Err(format!("label {name} is empty or comes twice"));
        }
        rest = rest.get(after..).and_then(|rest| rest.strip_prefix('"')).ok_or("a label without an end")?;
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => return Ok((labels, rest.strip_prefix('}').ok_or("labels without an end")?)),
        }
    }
}

/// Text up to a quotation mark if those end it, and the offset of its end.
fn unescaped(text: &str, quotes: bool) -> Result<(String, usize), String> {
    let mut plain = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if quotes => return Ok((plain, at)),
            '\\' => plain.push(match chars.next().map(|(_, c)| c) {
                Some('n') => '\n',
                Some('\\') => '\\',
                Some('"') if quotes => '"',
                other => return Err(format!("\\ before {other:?}")),
            }),
            other => plain.push(other),
        }
    }
    Ok((plain, text.len()))
}

fn number(text: &str) -> Result<f64, String> {
    match text {
        "NaN" => Ok(f64::NAN),
        "+Inf" => Ok(f64::INFINITY),
        "-Inf" => Ok(f64::NEG_INFINITY),
        digits if digits.starts_with(|c: char| c.is_ascii_digit() || c == '-') => {
            digits.parse().map_err(|_| format!("{text:?} is no number"))
        }
        _ => Err(format!("{text:?} is no number")),
    }
}

fn valid(name: &str, colon: bool) -> Result<(), String> {
    let letter = |c: char| c.is_ascii_alphabetic() || c == '_' || (colon && c == ':');
    let starts = name.starts_with(letter) && (colon || !name.starts_with("__"));
    let fits = starts && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    fits.then_some(()).ok_or_else(|| format!("{name:?} is no name"))
}

/// Whether a sample may be part of the family.
fn suits(name: &str, family: &Family, sample: &Sample, open: bool) -> Result<(), String> {
    let suffix = sample.name.strip_prefix(name).ok_or("of another family")?;
    let fine = match (family.kind.as_str(), suffix) {
        ("counter", "") => !open,
        ("counter", "_total") => open && sample.value >= 0.0,
        ("gauge", "") => true,
        ("info", "_info") => open && sample.value == 1.0,
        ("histogram", "_bucket") => sample.labels.contains_key("le"),
        ("summary", "") => sample.labels.contains_key("quantile") && !(open && sample.value < 0.0),
        ("histogram" | "summary", "_sum") => !open || sample.value >= 0.0,
        ("histogram" | "summary", "_count") => true,
        ("counter" | "histogram" | "summary", "_created") => open,
        _ => false,
    };
    fine.then_some(()).ok_or_else(|| format!("no sample of a {}", family.kind))
}

/// Buckets rise, end with infinity, and agree with the count.
fn whole(family: &Family, open: bool) -> Result<(), String> {
    if family.kind != "histogram" {
        return Ok(());
    }
    let mut by_series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
    let (mut counts, mut sums) = (BTreeMap::new(), 0);
    for sample in &family.samples {
        let mut labels = sample.labels.clone();
        let le = labels.remove("le");
        let key = format!("{labels:?}");
        if let Some(le) = le {
            if open && !(le.contains('.') || le.contains('e') || le.contains("Inf")) {
                return Err(format!("le={le} has no point"));
            }
            by_series.entry(key).or_default().push((number(&le)?, sample.value));
        } else if sample.name.ends_with("_count") {
            counts.insert(key, sample.value);
        } else if sample.name.ends_with("_sum") {
            sums += 1;
        }
    }
    if counts.len() != sums {
        return Err("_count without _sum".to_owned());
    }
    for (key, buckets) in by_series {
        let rises = buckets.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        let last = *buckets.last().ok_or("no bucket")?;
        let agrees = counts.get(&key).map_or(open, |count| *count == last.1);
        if !rises || last.0 != f64::INFINITY || !agrees {
            return Err(format!("{key}: {buckets:?} against {counts:?}"));
        }
    }
    Ok(())
}

fn no_clash(page: &Page, open: bool) -> Result<(), String> {
    let mut taken = HashSet::new();
    for (name, family) in page {
        let suffixes: &[&str] = match family.kind.as_str() {
            "counter" if open => &["", "_total", "_created"],
            "histogram" => &["", "_bucket", "_sum", "_count", "_created"],
            "summary" => &["", "_sum", "_count", "_created"],
            "info" => &["", "_info"],
            _ => &[""],
        };
        for suffix in suffixes {
            if !taken.insert(format!("{name}{suffix}")) {
                return Err(format!("{name}{suffix} belongs to two families"));
            }
        }
    }
    Ok(())
}
