//! Parser of a user's book, from text to entries.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use toml::de::{DeTable, DeValue};

use super::adjust::{Adjustment, Kind};
use super::contract::{Contract, Rest};
use super::read::{Reader, Table, Value};
use super::scope::{Pattern, Span, Subject};
use super::{Alias, Currency, Entries, UserError};
use crate::Unit;
use crate::schema::{Body, Dated, Decimal, Price, When};

const ENTRY: &str = "an entry of this kind";

pub(super) fn book(text: &str) -> Result<Entries, Vec<UserError>> {
    let (document, broken) = DeTable::parse_recoverable(text);
    let mut reader = Reader::new(text);
    for error in broken {
        let at = error.span().map_or(0, |span| span.start);
        reader.wrong(at, error.message().to_owned());
    }
    let mut entries = Entries { version: version(text), text: text.to_owned(), ..Entries::default() };
    if reader.errors.is_empty() {
        reader.book(document.get_ref(), &mut entries);
    }
    if reader.errors.is_empty() { Ok(entries) } else { Err(sorted(reader.errors)) }
}

fn sorted(mut errors: Vec<UserError>) -> Vec<UserError> {
    errors.sort_by(|one, other| (one.line, &one.what).cmp(&(other.line, &other.what)));
    errors.dedup();
    errors
}

fn version(text: &str) -> String {
    quipu_core::sha256(text.as_bytes()).iter().take(6).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl<'d> Reader<'d> {
    fn book(&mut self, document: &'d DeTable<'d>, entries: &mut Entries) {
        let mut root = Table::of(document, 0);
        if let Some(value) = root.take("display") {
            entries.display = self.table(value, "display").and_then(|table| self.currency(table));
        }
        for table in self.tables(&mut root, "alias") {
            entries.aliases.extend(self.alias(table));
        }
        for table in self.tables(&mut root, "price") {
            entries.contracts.extend(self.contract(table));
        }
        for (key, kind) in [("discount", Kind::Discount), ("markup", Kind::Markup)] {
            for table in self.tables(&mut root, key) {
                entries.adjustments.extend(self.adjustment(table, kind));
            }
        }
        self.done(&root, "the book");
        self.repeated(entries);
    }

    /// The tables of `[[key]]`.
    fn tables(&mut self, root: &mut Table<'d>, key: &'static str) -> Vec<Table<'d>> {
        let Some(value) = root.take(key) else { return Vec::new() };
        let DeValue::Array(all) = value.get_ref() else {
            self.wrong(value.span().start, format!("{key} must be written [[{key}]], once for each entry"));
            return Vec::new();
        };
        all.iter().filter_map(|value| self.table(value, key)).collect()
    }

    fn currency(&mut self, mut table: Table<'d>) -> Option<Currency> {
        let before = self.errors.len();
        for key in ["currency", "rate", "stated"] {
            if !table.has(key) {
                self.wrong(table.at, format!("display needs {key}"));
            }
        }
        let code = self.text(&mut table, "currency");
        let rate = table.take("rate").and_then(|value| self.number(value, "rate"));
        let stated = self.date(&mut table, "stated");
        if code.as_ref().is_some_and(|code| code.len() != 3 || !code.bytes().all(|b| b.is_ascii_uppercase()))
        {
            self.wrong(table.at, "currency: expected three capital letters such as EUR");
        }
        if rate.as_ref().is_some_and(|(rate, _)| rate.digits == 0) {
            self.wrong(table.at, "rate: expected the value of one US dollar in the currency, above zero");
        }
        self.done(&table, "display");
        (self.errors.len() == before).then_some(())?;
        Some(Currency { code: code?, rate: rate?.1, stated: stated? })
    }

    fn alias(&mut self, mut table: Table<'d>) -> Option<Alias> {
        let before = self.errors.len();
        let subject = self.subject(&mut table);
        let is = self.text(&mut table, "is");
        let provider = self.text(&mut table, "is_provider").map(|name| name.to_lowercase());
        if subject.model.is_none() && !table.has("model") {
            self.wrong(table.at, "an alias needs model: the name in the calls");
        }
        if is.is_none() && !table.has("is") {
            self.wrong(table.at, "an alias needs is: the actual model");
        }
        let name = self.name(&mut table, "alias:", &subject);
        self.done(&table, ENTRY);
        let line = self.line(table.at);
        (self.errors.len() == before).then_some(())?;
        Some(Alias { name, subject, provider, is: is?.to_lowercase(), line })
    }

    fn adjustment(&mut self, mut table: Table<'d>, kind: Kind) -> Option<Adjustment> {
        let before = self.errors.len();
        let (subject, span) = (self.subject(&mut table), self.span(&mut table));
        let percent = table.take("percent");
        if percent.is_none() {
            self.wrong(table.at, "percent is missing");
        }
        let (factor, percent) = percent.and_then(|value| self.percent(value, kind)).unzip();
        let prefix = if kind == Kind::Discount { "discount:" } else { "markup:" };
        let name = self.name(&mut table, prefix, &subject);
        self.done(&table, ENTRY);
        let line = self.line(table.at);
        (self.errors.len() == before).then_some(())?;
        Some(Adjustment { name, kind, subject, span, factor: factor?, percent: percent?, line })
    }

    /// The factor of a percentage.
    fn percent(&mut self, value: Value<'d>, kind: Kind) -> Option<(Decimal, String)> {
        let (number, text) = self.number(value, "percent")?;
        let hundred = 100 * 10_u128.pow(u32::from(number.scale.min(24)));
        let factor = match kind {
            Kind::Discount => hundred.checked_sub(number.digits),
            Kind::Markup => hundred.checked_add(number.digits).filter(|factor| *factor <= 100 * hundred),
        };
        match factor {
            Some(digits) if number.scale <= 6 && number.digits > 0 => {
                Some((Decimal { digits, scale: number.scale + 2 }, text))
            }
            _ => {
                let most = if kind == Kind::Discount { 100 } else { 9900 };
                self.wrong(
                    value.span().start,
                    format!(
                        "percent: expected above 0 and at most {most}, with at most six digits after the \
                         point, got {text}"
                    ),
                );
                None
            }
        }
    }

    fn contract(&mut self, mut table: Table<'d>) -> Option<Contract> {
        let before = self.errors.len();
        let (subject, span) = (self.subject(&mut table), self.span(&mut table));
        let context = self.context(&mut table);
        let free = self.flag(&mut table, "free");
        let hour = table.take("per_hour").and_then(|value| Some((value, self.number(value, "per_hour")?.0)));
        let usd = table.take("usd").and_then(|value| self.table(value, "usd"));
        let mut prices = usd.as_ref().map(|usd| self.prices(usd)).unwrap_or_default();
        let rest = self.rest(&mut table);
        let kinds = [table.has("free"), table.has("per_hour"), table.has("usd")];
        if kinds.iter().filter(|kind| **kind).count() != 1 || (table.has("free") && !free) {
            self.wrong(table.at, "a price needs exactly one of: usd (prices by unit), per_hour, free = true");
        }
        let whole = free || hour.is_some();
        if whole && rest.is_some() {
            self.wrong(table.at, "rest requires usd: free and per_hour are the whole price");
        }
        if whole {
            let zero = |unit| Price { unit, price: Decimal::ZERO, tiers: Vec::new() };
            prices.extend([zero(Unit::INPUT), zero(Unit::OUTPUT)]);
        }
        prices.extend(hour.map(|(_, price)| Price { unit: Unit::CALL_TIME, price, tiers: Vec::new() }));
        if subject.provider.is_none() && subject.model.is_none() {
            self.wrong(table.at, "a price needs provider or model");
        }
        let name = self.name(&mut table, "", &subject);
        self.done(&table, ENTRY);
        let line = self.line(table.at);
        (self.errors.len() == before).then_some(())?;
        let body = Body { base: vec![Dated { when: When::default(), prices }], ..Body::default() };
        let rest = if whole { Rest::Nothing } else { rest.unwrap_or(Rest::Around) };
        Some(Contract { name, subject, span, context, body, rest, line })
    }

    fn rest(&mut self, table: &mut Table<'d>) -> Option<Rest> {
        let at = table.take("rest")?.span().start;
        match self.text(table, "rest")?.as_str() {
            "list" => Some(Rest::List),
            "around" => Some(Rest::Around),
            "free" => Some(Rest::Nothing),
            other => {
                self.wrong(at, format!("rest: expected list, around or free, got {other}"));
                None
            }
        }
    }

    fn context(&mut self, table: &mut Table<'d>) -> BTreeMap<String, String> {
        let Some(inner) = table.take("context").and_then(|value| self.table(value, "context")) else {
            return BTreeMap::new();
        };
        let mut context = BTreeMap::new();
        for (key, at, value) in inner.entries() {
            match value.get_ref().as_str() {
                Some(text) => drop(context.insert(key.to_owned(), text.to_owned())),
                None => self.wrong(at, format!("{key} in context: expected a text")),
            }
        }
        context
    }

    fn prices(&mut self, usd: &Table<'d>) -> Vec<Price> {
        let mut prices = Vec::new();
        for (key, at, value) in usd.entries() {
            let unit = Unit::by_name(key).or_else(|| Unit::by_name(&format!("{key}_tokens")));
            match unit {
                Some(unit) if prices.iter().any(|price: &Price| price.unit == unit) => {
                    self.wrong(at, format!("{} has two prices", unit.name()));
                }
                Some(unit) => prices.extend(self.price(unit, value)),
                None => self.wrong(at, format!("{key} is not a priced unit")),
            }
        }
        if prices.is_empty() && self.errors.is_empty() {
            self.wrong(usd.at, "usd has no price");
        }
        prices.sort_by_key(|price| price.unit);
        prices
    }

    /// `"2.50"`, or `{ price = "2.50", per = 1000000, above = { 200000 = "5" } }`.
    fn price(&mut self, unit: Unit, value: Value<'d>) -> Option<Price> {
        if !value.get_ref().is_table() {
            let (price, _) = self.number(value, unit.name())?;
            return Some(Price { unit, price, tiers: Vec::new() });
        }
        let mut table = self.table(value, unit.name())?;
        let per = match table.take("per") {
            Some(value) => self.number(value, "per").and_then(|(per, _)| self.per(per, value))?,
            None => unit.per(),
        };
        let Some(price) = table.take("price") else {
            self.wrong(table.at, format!("{} needs price", unit.name()));
            return None;
        };
        let price =
            self.number(price, "price").and_then(|(number, _)| self.scaled(number, unit, per, price))?;
        let mut tiers = Vec::new();
        if let Some(above) = table.take("above").and_then(|value| self.table(value, "above")) {
            for (bound, at, value) in above.entries() {
                let Ok(bound) = bound.replace('_', "").parse::<u64>() else {
                    self.wrong(at, format!("above: expected counts of input tokens as keys, got {bound}"));
                    continue;
                };
                let number = self.number(value, "above");
                tiers.extend(
                    number.and_then(|(number, _)| Some((bound, self.scaled(number, unit, per, value)?))),
                );
            }
        }
        tiers.sort_by_key(|(bound, _)| *bound);
        self.done(&table, unit.name());
        Some(Price { unit, price, tiers })
    }

    fn per(&mut self, per: Decimal, value: Value<'d>) -> Option<u64> {
        let whole = u64::try_from(per.digits).ok().filter(|whole| per.scale == 0 && *whole > 0);
        if whole.is_none() {
            self.wrong(value.span().start, "per: expected a whole number above zero");
        }
        whole
    }

    /// The price of the book's amount, computed from that of `per` units.
    fn scaled(&mut self, price: Decimal, unit: Unit, per: u64, value: Value<'d>) -> Option<Decimal> {
        let exact = divided(price, unit.per(), per);
        if exact.is_none() {
            self.wrong(value.span().start, format!("the price of one of {per} has no exact decimal"));
        }
        exact
    }

    fn subject(&mut self, table: &mut Table<'d>) -> Subject {
        let provider = self.text(table, "provider").map(|name| name.to_lowercase());
        let model = self.text(table, "model").map(|text| Pattern::parse(&text));
        Subject { provider, model }
    }

    fn span(&mut self, table: &mut Table<'d>) -> Span {
        let span = Span { from: self.time(table, "valid_from"), to: self.time(table, "valid_to") };
        if span.from.zip(span.to).is_some_and(|(from, to)| to <= from) {
            self.wrong(table.at, "valid_to is not after valid_from");
        }
        span
    }

    /// The name of an entry on bills: as given, otherwise derived from the subject.
    fn name(&mut self, table: &mut Table<'d>, prefix: &str, subject: &Subject) -> String {
        let at = table.take("name").map_or(table.at, |value| value.span().start);
        let name =
            self.text(table, "name").unwrap_or_else(|| format!("{prefix}{subject}").replace([' ', '+'], "-"));
        if name.contains(|letter: char| letter.is_whitespace() || letter == '+') {
            self.wrong(at, format!("a name must not have spaces or +: {name}"));
        }
        name
    }

    /// Reports entries that contradict each other for the same calls.
    fn repeated(&mut self, entries: &Entries) {
        let mut seen = Vec::<(String, usize, Span)>::new();
        let aliases =
            entries.aliases.iter().map(|one| (format!("alias {}", one.subject), one.line, Span::default()));
        let contracts = entries
            .contracts
            .iter()
            .map(|one| (format!("price {} {:?}", one.subject, one.context), one.line, one.span));
        let adjustments = entries
            .adjustments
            .iter()
            .map(|one| (format!("{:?} {}", one.kind, one.subject), one.line, one.span));
        for (what, line, span) in aliases.chain(contracts).chain(adjustments) {
            if let Some((_, other, _)) =
                seen.iter().find(|(known, _, held)| *known == what && held.overlaps(&span))
            {
                let what = format!("applies to the same calls at the same time as the entry on line {other}");
                self.errors.push(UserError { line, what });
            }
            seen.push((what, line, span));
        }
        let names = entries.contracts.iter().map(|one| (&one.name, one.line));
        let names = names.chain(entries.adjustments.iter().map(|one| (&one.name, one.line)));
        let mut seen = BTreeMap::new();
        for (name, line) in names.chain(entries.aliases.iter().map(|one| (&one.name, one.line))) {
            let held = entries.contracts.iter().filter(|one| one.name == *name).count();
            // The same entry with other dates or another context may keep its name.
            if let Some(other) = seen.insert(name, line).filter(|_| held < 2) {
                self.errors.push(UserError {
                    line,
                    what: format!("{name} is the name of the entry on line {other}"),
                });
            }
        }
    }
}

/// `price * times / per`, exact; `None` if the result has more digits than money.
fn divided(price: Decimal, times: u64, per: u64) -> Option<Decimal> {
    let (mut digits, mut scale) = (price.digits.checked_mul(u128::from(times))?, price.scale);
    let per = u128::from(per);
    while digits % per != 0 && scale < 24 {
        (digits, scale) = (digits.checked_mul(10)?, scale + 1);
    }
    digits.is_multiple_of(per).then(|| Decimal { digits: digits / per, scale })
}
