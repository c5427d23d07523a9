//! Tests of the filter language, and its criteria.

use proptest::prelude::*;
use quipu_core::{Criterion, FacetField, FigureRange, Pattern, Term, TraceFigure, Wanted};
use quipu_query::{
    MAX_FILTER_ALTERNATIVES, MAX_FILTER_BYTES, MAX_FILTER_TERMS, MAX_FILTER_VALUES, ParamError,
    explain_terms, parse_terms,
};

use crate::{ask, text};

fn exactly(text: &str) -> Wanted {
    Wanted::Exactly(text.into())
}

fn beginning(text: &str) -> Wanted {
    Wanted::Beginning(text.into())
}

fn is(criterion: Criterion) -> Term {
    Term { not: false, criterion }
}

fn not(criterion: Criterion) -> Term {
    Term { not: true, criterion }
}

fn named(field: FacetField, wanted: &[Wanted]) -> Criterion {
    Criterion::Named(field, wanted.to_vec())
}

fn figure(figure: TraceFigure, least: Option<i64>, most: Option<i64>) -> Criterion {
    Criterion::Figure(figure, FigureRange { least, most })
}

fn words(text: &str) -> Criterion {
    Criterion::Words(text.into())
}

fn one(text: &str) -> Term {
    let terms = parse_terms(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(terms.len(), 1, "{text}: {terms:?}");
    terms.into_iter().next().unwrap()
}

#[test]
fn every_field_has_its_word() {
    for (word, field) in [
        ("service", FacetField::Service),
        ("framework", FacetField::Framework),
        ("agent", FacetField::Agent),
        ("model", FacetField::Model),
        ("tool", FacetField::Tool),
        ("session", FacetField::Session),
        ("user", FacetField::User),
        ("tag", FacetField::Tag),
        ("project", FacetField::Project),
        ("commit", FacetField::Commit),
        ("branch", FacetField::Branch),
        ("convention", FacetField::Convention),
        ("error", FacetField::Error),
        ("env", FacetField::Environment),
        ("version", FacetField::Version),
    ] {
        assert_eq!(one(&format!("{word}:x")), is(named(field, &[exactly("x")])));
        assert_eq!(one(&format!("-{word}:x*")), not(named(field, &[beginning("x")])));
        assert_eq!(one(&format!("has:{word}")), is(Criterion::Has(field)));
        assert_eq!(one(&format!("{word}:*")), is(Criterion::Has(field)));
    }
    assert_eq!(one("status:error"), is(named(FacetField::Status, &[exactly("error")])));
    assert_eq!(
        one("error_message:\"a: b\"*,c"),
        is(Criterion::ErrorMessage(vec![beginning("a: b"), exactly("c")]))
    );
    assert_eq!(one("name:chat*,b"), is(Criterion::Title(vec![beginning("chat"), exactly("b")])));
    assert_eq!(
        one("Model:GPT"),
        is(named(FacetField::Model, &[exactly("GPT")])),
        "of values the case matters"
    );
}

#[test]
fn values_are_lists_quotes_and_beginnings() {
    let models = |wanted: &[Wanted]| is(named(FacetField::Model, wanted));
    assert_eq!(one("model:a,b*,\"c d\""), models(&[exactly("a"), beginning("b"), exactly("c d")]));
    assert_eq!(one(r#"model:"a \"b\", \\c""#), models(&[exactly(r#"a "b", \c"#)]));
    assert_eq!(one(r#"model:"a*""#), models(&[exactly("a*")]), "a star in quotes is a star");
    assert_eq!(one(r#"model:"two words "*"#), models(&[beginning("two words ")]));
    assert_eq!(one("model:openai:gpt-4o/x=1"), models(&[exactly("openai:gpt-4o/x=1")]));
    assert_eq!(one("model:größe"), models(&[exactly("größe")]));
}

#[test]
fn every_figure_and_every_sign() {
    use TraceFigure::*;
    for (text, want) in [
        ("duration>2s", figure(Duration, Some(2_000_000_001), None)),
        ("duration>=1.5ms", figure(Duration, Some(1_500_000), None)),
        ("duration<3m", figure(Duration, None, Some(179_999_999_999))),
        ("duration<=1h", figure(Duration, None, Some(3_600_000_000_000))),
        ("duration=1d", figure(Duration, Some(86_400_000_000_000), Some(86_400_000_000_000))),
        ("duration:1s..2s", figure(Duration, Some(1_000_000_000), Some(2_000_000_000))),
        ("duration:..2s", figure(Duration, None, Some(2_000_000_000))),
        ("cost>=0.05", figure(Cost, Some(50_000_000), None)),
        ("cost > $1", figure(Cost, Some(1_000_000_001), None)),
        ("cost:0.01..0.05", figure(Cost, Some(10_000_000), Some(50_000_000))),
        ("cost:.5..", figure(Cost, Some(500_000_000), None)),
        ("tokens>10k", figure(Tokens, Some(10_001), None)),
        ("tokens<=1.5M", figure(Tokens, None, Some(1_500_000))),
        ("tokens>=2K", figure(Tokens, Some(2_000), None)),
        ("spans=3", figure(Spans, Some(3), Some(3))),
        ("calls>=10", figure(LlmCalls, Some(10), None)),
        ("tools:2", figure(ToolCalls, Some(2), Some(2))),
        ("errors>0", figure(Errors, Some(1), None)),
        ("Errors<1", figure(Errors, None, Some(0))),
    ] {
        assert_eq!(one(text), is(want.clone()), "{text}");
        assert_eq!(one(&format!("-{text}")), not(want), "-{text}");
    }
}

#[test]
fn terms_are_joined_by_spaces_and_words_by_each_other() {
    let have =
        parse_terms("  rain status:error,running\t-\"rate limit\" \"in Zürich\" cost>1  -has:user 12:30 ")
            .unwrap();
    let status = named(FacetField::Status, &[exactly("error"), exactly("running")]);
    let want = [
        is(status),
        not(words("rate limit")),
        is(figure(TraceFigure::Cost, Some(1_000_000_001), None)),
        not(Criterion::Has(FacetField::User)),
        is(words("rain in Zürich 12:30")),
    ];
    assert_eq!(have, want);
    assert_eq!(parse_terms(" \n "), Ok(Vec::new()));
    assert_eq!(one("cost"), is(words("cost")), "a figure's name alone is a word");
    assert_eq!(one("cost over 9"), is(words("cost over 9")));
    assert_eq!(one("\"OR\""), is(words("OR")));
    assert_eq!(one("well-known*"), is(words("well-known*")));
}

#[test]
fn errors_tell_where_and_what_was_expected() {
    for (filter, position, expected) in [
        ("colour:red", 0, "a field (service, framework"),
        ("ü model:x colour:red", 10, "a figure (duration, cost"),
        ("http://x", 0, "goes in quotes"),
        ("a=b", 0, "a figure (duration, cost, tokens, spans, calls, tools, errors)"),
        ("model>3", 0, "model:value, because model is not a figure"),
        ("-", 1, "right after the `-`"),
        ("a - b", 3, "right after the `-`"),
        ("--a", 1, "right after the `-`"),
        ("model:", 6, "a value right after `model:`"),
        ("model: x", 6, "a value right after `model:`"),
        ("model:a,", 8, "a value right after the comma"),
        ("model:a, b", 8, "a value right after the comma"),
        ("model:\"\"", 6, "not empty"),
        ("model:\"a", 6, "a closing quote"),
        ("model:\"a\\n\"", 8, "nothing else is escaped"),
        ("model:\"a\"b", 9, "a space or a comma"),
        ("\"a\"b", 3, "a space after the closing quote"),
        ("say \"a", 4, "a closing quote"),
        ("model:g*t", 7, "a star only at the end"),
        ("model:a,*", 8, "a beginning before the star"),
        ("name:*", 5, "a beginning before the star"),
        ("status:bad", 7, "one of ok, error, unset, running"),
        ("status:ok,er*", 10, "one of ok, error, unset, running"),
        ("has:colour", 4, "one of service, framework"),
        ("has:", 4, "one of service"),
        ("has>1", 0, "has is not a figure"),
        ("duration>2", 9, "a duration such as 250ms"),
        ("duration>", 9, "a duration such as"),
        ("duration=>1s", 8, "one of >, >=, <, <=, ="),
        ("duration:2s..1s", 9, "whose end is not before its start"),
        ("duration:..", 9, "or a range such as"),
        ("duration:1s..x", 13, "a duration such as"),
        ("cost>-1", 5, "US dollars such as 0.05"),
        ("cost>0.0000000001", 5, "at most 9 decimals"),
        ("cost>NaN", 5, "US dollars"),
        ("tokens>1.5", 7, "a whole number such as"),
        ("tokens>9223372036854775807", 7, "a smaller number"),
        ("tokens>=9223372036854775808", 8, "a whole number"),
        ("a AND b", 2, "`OR` between two means either"),
        ("OR b", 0, "a term before and after `OR`"),
        ("a OR", 4, "a term: field:value"),
        ("a OR OR b", 5, "a term before and after `OR`"),
        ("a OR colour:red", 5, "a field (service, framework"),
        ("attr.:x", 5, "the name of an attribute right after `attr.`"),
        ("has:attr.", 9, "the name of an attribute right after `attr.`"),
        ("attr.a:", 7, "a value right after `attr.a:`"),
        ("attr.a>1", 0, "attr.a:value, because attr.a is not a figure"),
        ("!!", 0, "with a letter or digit"),
    ] {
        let error = parse_terms(filter).expect_err(filter);
        assert_eq!(error.position(), Some(position), "{filter}: {error}");
        assert!(error.to_string().contains(expected), "{filter}: {error}");
        assert_eq!(error.word(), "bad_filter");
    }
    assert!(parse_terms(&"x:".repeat(500)).unwrap_err().to_string().len() < 400);
}

#[test]
fn or_joins_the_terms_next_to_it() {
    let any = |terms: &[Term]| is(Criterion::Any(terms.to_vec()));
    let model = |name: &str| is(named(FacetField::Model, &[exactly(name)]));
    let tool = is(named(FacetField::Tool, &[exactly("t")]));
    let have = parse_terms("model:a OR -tool:t cost>=1 rain OR \"rate limit\" sun").unwrap();
    let want = [
        any(&[model("a"), not(named(FacetField::Tool, &[exactly("t")]))]),
        is(figure(TraceFigure::Cost, Some(1_000_000_000), None)),
        any(&[is(words("rain")), is(words("rate limit"))]),
        is(words("sun")),
    ];
    assert_eq!(have, want, "`OR` binds more tightly than a space");
    // Values of one field are one list, which the store looks up at once.
    let list = named(FacetField::Model, &[exactly("a"), exactly("b"), beginning("c")]);
    assert_eq!(one("model:a OR model:b,c*"), is(list.clone()));
    assert_eq!(one("model:a OR tool:t OR model:b,c*"), any(&[is(list), tool]));
    assert_eq!(
        one("-model:a OR -model:b"),
        any(&[
            not(named(FacetField::Model, &[exactly("a")])),
            not(named(FacetField::Model, &[exactly("b")]))
        ])
    );
    assert_eq!(one("or"), is(words("or")), "only capitals join");
}

#[test]
fn attributes_have_values_or_any() {
    let attribute = |name: &str, wanted: Option<Vec<Wanted>>| Criterion::Attribute(name.into(), wanted);
    assert_eq!(
        one("attr.Customer.tier:gold,\"si lver\"*"),
        is(attribute("Customer.tier", Some(vec![exactly("gold"), beginning("si lver")])))
    );
    assert_eq!(one("-attr.x-y_z:1"), not(attribute("x-y_z", Some(vec![exactly("1")]))));
    assert_eq!(one("attr.a:*"), is(attribute("a", None)));
    assert_eq!(one("-has:attr.A.b"), not(attribute("A.b", None)));
}

#[test]
fn limits_hold_to_the_last_one() {
    let fits = "x".repeat(MAX_FILTER_BYTES);
    assert_eq!(parse_terms(&fits).unwrap().len(), 1);
    let long = format!("{fits}ü");
    let error = parse_terms(&long).unwrap_err();
    assert_eq!(error.position(), Some(MAX_FILTER_BYTES));
    assert!(error.to_string().contains("at most 4096 bytes"), "{error}");

    let terms = |count| vec!["calls>1"; count].join(" ");
    assert_eq!(parse_terms(&terms(MAX_FILTER_TERMS)).unwrap().len(), MAX_FILTER_TERMS);
    assert!(text(parse_terms(&terms(MAX_FILTER_TERMS + 1))).contains("at most 64 terms"));

    let either = |count| vec!["calls>1"; count].join(" OR ");
    assert_eq!(parse_terms(&either(MAX_FILTER_ALTERNATIVES)).unwrap().len(), 1);
    assert!(text(parse_terms(&either(MAX_FILTER_ALTERNATIVES + 1))).contains("`OR` joins at most 16 terms"));

    let values = |count| format!("tag:{}", vec!["a"; count].join(","));
    assert!(parse_terms(&values(MAX_FILTER_VALUES)).is_ok());
    assert!(text(parse_terms(&values(MAX_FILTER_VALUES + 1))).contains("at most 64 values"));
}

#[test]
fn it_stands_beside_the_other_parameters_of_every_question_about_traces() {
    let pairs = "model=m&filter=cost>1 -tag:x";
    let filter = ask(pairs).trace_query().unwrap().filter;
    assert_eq!((filter.model.as_deref(), filter.terms.len()), (Some("m"), 2));
    assert_eq!(ask(pairs).usage_query().unwrap().filter, filter);
    assert_eq!(ask(pairs).session_query().unwrap().filter, filter);
    assert_eq!(ask(&format!("{pairs}&field=model")).facet_ask().unwrap().filter, filter);
    assert_eq!(ask(pairs).analysis_ask().unwrap().filter, filter);
    assert!(matches!(ask("filter=x:y").tool_filter(), Err(ParamError::Filter { position: 0, .. })));
    assert!(text(ask("filter=").tool_filter()).contains("a text, or omit the parameter"));
}

/// Writes terms so that they read back.
fn written(terms: &[Term]) -> String {
    terms.iter().map(term).collect::<Vec<_>>().join(" ")
}

fn term(term: &Term) -> String {
    format!("{}{}", if term.not { "-" } else { "" }, criterion(&term.criterion))
}

fn criterion(criterion: &Criterion) -> String {
    let list = |wanted: &[Wanted]| wanted.iter().map(value).collect::<Vec<_>>().join(",");
    match criterion {
        Criterion::Named(field, wanted) => format!("{}:{}", word(*field), list(wanted)),
        Criterion::Has(field) => format!("has:{}", word(*field)),
        Criterion::Title(wanted) => format!("name:{}", list(wanted)),
        Criterion::ErrorMessage(wanted) => format!("error_message:{}", list(wanted)),
        Criterion::Words(text) => quoted(text),
        Criterion::Attribute(name, None) => format!("has:attr.{name}"),
        Criterion::Attribute(name, Some(wanted)) => format!("attr.{name}:{}", list(wanted)),
        Criterion::Any(terms) => terms.iter().map(term).collect::<Vec<_>>().join(" OR "),
        Criterion::Figure(figure, range) => {
            let (name, figure): (&str, fn(i64) -> String) = match figure {
                TraceFigure::Duration => {
                    ("duration", |nanos| format!("{}.{:06}ms", nanos / 1_000_000, nanos % 1_000_000))
                }
                TraceFigure::Cost => {
                    ("cost", |nanos| format!("{}.{:09}", nanos / 1_000_000_000, nanos % 1_000_000_000))
                }
                _ => ("tokens", |count| count.to_string()),
            };
            let end = |end: Option<i64>| end.map(figure).unwrap_or_default();
            format!("{name}:{}..{}", end(range.least), end(range.most))
        }
    }
}

fn value(wanted: &Wanted) -> String {
    match wanted {
        Wanted::Exactly(text) => quoted(text),
        Wanted::Beginning(text) => format!("{}*", quoted(text)),
        Wanted::Matching(pattern) => panic!("{pattern:?}: a pattern is no value of a list"),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn word(field: FacetField) -> String {
    format!("{field:?}").to_lowercase()
}

fn fields() -> impl Strategy<Value = FacetField> {
    prop::sample::select(vec![
        FacetField::Service,
        FacetField::Commit,
        FacetField::Tag,
        FacetField::Convention,
    ])
}

fn wanted() -> impl Strategy<Value = Vec<Wanted>> {
    let value = prop_oneof![".{1,12}".prop_map(Wanted::Exactly), ".{1,12}".prop_map(Wanted::Beginning)];
    prop::collection::vec(value, 1..5)
}

fn criteria() -> impl Strategy<Value = Criterion> {
    let figures = prop::sample::select(vec![TraceFigure::Duration, TraceFigure::Cost, TraceFigure::Tokens]);
    let range = (0..i64::MAX, 0..i64::MAX).prop_map(|(one, other)| FigureRange {
        least: Some(one.min(other)),
        most: Some(one.max(other)).filter(|most| most % 3 > 0),
    });
    prop_oneof![
        (fields(), wanted()).prop_map(|(field, wanted)| Criterion::Named(field, wanted)),
        fields().prop_map(Criterion::Has),
        wanted().prop_map(Criterion::Title),
        (figures, range).prop_map(|(figure, range)| Criterion::Figure(figure, range)),
        ("[A-Za-z][A-Za-z_.-]{0,8}", prop::option::of(wanted()))
            .prop_map(|(name, wanted)| Criterion::Attribute(name, wanted)),
    ]
}

/// Whether a trace with these values matches, by the meaning of terms.
fn holds(terms: &[Term], facts: &[bool; 4]) -> bool {
    terms.iter().all(|term| term_holds(term, facts))
}

fn term_holds(term: &Term, facts: &[bool; 4]) -> bool {
    let found = match &term.criterion {
        Criterion::Any(terms) => terms.iter().any(|term| term_holds(term, facts)),
        Criterion::Named(FacetField::Model, wanted) => {
            wanted.iter().any(|one| *one == exactly("a") && facts[0] || *one == exactly("b") && facts[1])
        }
        Criterion::Named(FacetField::Tool, _) => facts[2],
        Criterion::Has(FacetField::User) => facts[3],
        other => panic!("{other:?}"),
    };
    found != term.not
}

/// A formula over four facts: its text, and its value for them.
#[derive(Debug, Clone)]
enum Logic {
    Fact(usize),
    Not(Box<Logic>),
    All(Vec<Logic>),
    Any(Vec<Logic>),
}

impl Logic {
    fn text(&self) -> String {
        let join = |parts: &[Self], between: &str| {
            format!("({})", parts.iter().map(Self::text).collect::<Vec<_>>().join(between))
        };
        match self {
            Self::Fact(at) => ["model:a", "model:b", "tool:t", "has:user"][*at].to_owned(),
            Self::Not(within) => match within.as_ref() {
                Self::Fact(_) => format!("-{}", within.text()),
                Self::Not(twice) => twice.text(),
                _ => format!("-{}", within.text()),
            },
            Self::All(parts) => join(parts, " "),
            Self::Any(parts) => join(parts, " OR "),
        }
    }

    fn value(&self, facts: &[bool; 4]) -> bool {
        match self {
            Self::Fact(at) => facts[*at],
            Self::Not(within) => !within.value(facts),
            Self::All(parts) => parts.iter().all(|part| part.value(facts)),
            Self::Any(parts) => parts.iter().any(|part| part.value(facts)),
        }
    }
}

fn logic() -> impl Strategy<Value = Logic> {
    let fact = (0..4_usize).prop_map(Logic::Fact);
    fact.prop_recursive(3, 12, 3, |within| {
        prop_oneof![
            within.clone().prop_map(|one| Logic::Not(Box::new(one))),
            prop::collection::vec(within.clone(), 1..4).prop_map(Logic::All),
            prop::collection::vec(within, 1..4).prop_map(Logic::Any),
        ]
    })
}

#[test]
fn parentheses_group_terms_and_need_their_end() {
    let parsed = |text: &str| parse_terms(text).unwrap_or_else(|error| panic!("{text}: {error}"));
    assert_eq!(parsed("(model:a tool:t) has:user"), parsed("model:a tool:t has:user"));
    assert_eq!(parsed("(rain) (sun)"), vec![is(words("rain sun"))], "words of one span");
    assert_eq!(parsed("-(model:a OR tool:t)"), parsed("-model:a -tool:t"));
    assert_eq!(parsed("-(model:a tool:t)"), parsed("-model:a OR -tool:t"));
    assert_eq!(parsed("(model:a tool:t) OR has:user"), parsed("model:a OR has:user tool:t OR has:user"));
    assert_eq!(parsed("-(rain sun)"), vec![not(words("rain sun"))]);
    assert_eq!(parsed("model:x)"), vec![is(named(FacetField::Model, &[exactly("x)")]))]);
    for (text, position, said) in [
        ("(model:a", 0, "a closing parenthesis"),
        ("a (", 3, "a term"),
        ("()", 1, "a term"),
        ("(a)b", 3, "a space after the closing parenthesis"),
        ("((((((((( a )))))))))", 8, "at most 8 parentheses"),
    ] {
        let error = parse_terms(text).expect_err(text);
        assert_eq!(error.position(), Some(position), "{text}: {error}");
        assert!(error.to_string().contains(said), "{text}: {error}");
    }
    let wide = ["(model:a tool:t has:user)"; 5].join(" OR ");
    assert!(text(parse_terms(&wide)).contains("fewer parentheses"));
}

#[test]
fn other_signs_negate_and_match_patterns() {
    let model = |pattern: &str| named(FacetField::Model, &[Wanted::Matching(Pattern::new(pattern).unwrap())]);
    assert_eq!(one("model!=a,b*"), one("-model:a,b*"));
    assert_eq!(one("-model!=a"), one("model:a"));
    assert_eq!(one("errors!=0"), not(figure(TraceFigure::Errors, Some(0), Some(0))));
    assert_eq!(one("cost != 1"), one("-cost=1"));
    assert_eq!(one("attr.tier!=gold"), one("-attr.tier:gold"));
    assert_eq!(one("model~^gpt-[45]"), is(model("^gpt-[45]")));
    assert_eq!(one("model!~\"a b\""), not(model("a b")));
    assert_eq!(one("-model~a"), not(model("a")));
    assert_eq!(
        one("(model~\"a(b|c)\")"),
        is(model("a(b|c)")),
        "within parentheses, quotes keep a closing one"
    );
}

#[test]
fn wrong_patterns_name_their_position() {
    for (text, position, said) in [
        ("model~(", 6, "a regular expression"),
        ("a model~", 8, "a regular expression of 1 to 200 bytes"),
        ("status~ok", 0, "takes no regular expression"),
        ("error_message~x", 0, "takes no regular expression"),
        ("cost~1", 4, "US dollars"),
        ("colour~x", 0, "a field"),
        ("has!=user", 0, "-has:field"),
    ] {
        let error = parse_terms(text).expect_err(text);
        assert_eq!(error.position(), Some(position), "{text}: {error}");
        assert!(error.to_string().contains(said), "{text}: {error}");
    }
}

#[test]
fn a_filter_is_explained_in_words() {
    let text = "status:error cost>0.5 (model:gpt-* OR -has:user) name~^run duration:1s..2s \"rate limit\"";
    let said = explain_terms(&parse_terms(text).unwrap());
    assert_eq!(
        said,
        [
            "the status is \"error\"",
            "the cost is $0.500000001 or more",
            "a model begins with \"gpt-\", or it is not so that the user is known",
            "the name of the trace matches the regular expression \"^run\"",
            "the duration is from 1 s to 2 s",
            "the text of one span has \"rate\" and \"limit\"",
        ]
    );
}

proptest! {
    #[test]
    fn any_text_is_answered(text in "\\PC{0,80}") {
        let _ = parse_terms(&text);
    }

    #[test]
    fn what_looks_like_a_filter_is_answered(parts in prop::collection::vec(
        prop::sample::select(vec!["-", " ", "\"", "\\", ":", "*", ",", "..", ">", "=", "<", "cost", "model", "has", "name", "status",
            "ok", "1s", "9", "k", "ü", "OR", "$", ".", "(", ")", "!", "~"]), 0..24)) {
        let text = parts.concat();
        if let Err(error) = parse_terms(&text) {
            let position = error.position().unwrap();
            prop_assert!(position <= text.chars().count(), "{text}: {error}");
        }
    }

    #[test]
    fn parentheses_mean_what_they_say(logic in logic(), facts in any::<[bool; 4]>()) {
        if let Ok(terms) = parse_terms(&logic.text()) {
            prop_assert_eq!(holds(&terms, &facts), logic.value(&facts), "{}", logic.text());
        }
    }

    #[test]
    fn what_is_written_reads_back(terms in prop::collection::vec((any::<bool>(), criteria()), 0..8), said in "[a-zü]{1,9}") {
        let mut terms: Vec<Term> = terms.into_iter().map(|(not, criterion)| Term { not, criterion }).collect();
        let either = vec![is(words(&said)), not(Criterion::Has(FacetField::Tag)), is(Criterion::Title(vec![exactly(&said)]))];
        terms.push(is(Criterion::Any(either)));
        terms.push(not(words(&format!("{said} \" \\"))));
        terms.push(is(words(&said)));
        prop_assert_eq!(parse_terms(&written(&terms)), Ok(terms));
    }
}
