//! Texts of the screen in English and German.

/// Language of the screen. Recorded texts, ids and words of the query language stay as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// German.
    De,
}

impl Lang {
    /// Reads a locale such as `de`, `de_DE.UTF-8` or `en-GB`; any language but German is English.
    pub fn read(text: &str) -> Self {
        match text.split(['_', '-', '.', '@']).next() {
            Some(word) if word.eq_ignore_ascii_case("de") => Self::De,
            _ => Self::En,
        }
    }

    pub(crate) const fn words(self) -> &'static Words {
        match self {
            Self::En => &EN,
            Self::De => &DE,
        }
    }
}

/// Declares a field, its English and its German text.
macro_rules! words {
    ($($name:ident: $en:literal, $de:literal;)*) => {
        /// Texts of one language.
        #[derive(Debug)]
        pub(crate) struct Words { $(pub(crate) $name: &'static str,)* }

        static EN: Words = Words { $($name: $en,)* };
        static DE: Words = Words { $($name: $de,)* };

        #[cfg(test)]
        const PAIRS: &[(&str, &str, &str)] = &[$((stringify!($name), $en, $de),)*];
    };
}

words! {
    // views
    overview: "Overview", "Übersicht";
    traces: "Traces", "Traces";
    trace: "Trace", "Trace";
    span: "Span", "Span";
    conversation: "Conversation", "Gespräch";
    sessions: "Sessions", "Sitzungen";
    session: "Session", "Sitzung";
    agents: "Agents", "Agenten";
    models: "Models", "Modelle";
    tools: "Tools", "Werkzeuge";
    cost_view: "Cost", "Kosten";
    budgets: "Budgets", "Budgets";
    alerts: "Alerts", "Alarme";
    system: "System", "System";
    // columns and labels
    of_span: "span", "Span";
    of_session: "session", "Sitzung";
    more: "more", "weitere";
    started: "started", "Beginn";
    last: "last", "zuletzt";
    name: "name", "Name";
    status: "status", "Status";
    service: "service", "Dienst";
    agent: "agent", "Agent";
    model: "model", "Modell";
    tool: "tool", "Werkzeug";
    user: "user", "Nutzer";
    framework: "framework", "Framework";
    kind: "kind", "Art";
    what_is: "what", "was";
    what: "model or tool", "Modell oder Werkzeug";
    duration: "duration", "Dauer";
    offset: "offset", "Versatz";
    calls: "calls", "Aufrufe";
    tool_runs: "tools", "Werkzeuge";
    runs: "runs", "Läufe";
    running: "running", "laufend";
    inferred: "inferred", "erschlossen";
    errors: "errors", "Fehler";
    error: "error", "Fehler";
    error_rate: "error rate", "Fehlerquote";
    success: "success", "Erfolg";
    tokens: "tokens", "Tokens";
    input: "input", "Eingabe";
    cached: "cached", "aus Cache";
    output: "output", "Ausgabe";
    reasoning: "reasoning", "Denken";
    unpriced: "unpriced", "ohne Preis";
    cost: "cost", "Kosten";
    share: "share", "Anteil";
    last_error: "last error", "letzter Fehler";
    total: "total", "gesamt";
    waterfall: "time", "Zeit";
    spans: "spans", "Spans";
    traces_label: "traces", "Traces";
    id: "id", "Id";
    parent: "parent", "Eltern-Span";
    project: "project", "Projekt";
    branch: "branch", "Branch";
    provider: "provider", "Anbieter";
    first_token: "first token", "erstes Token";
    finish: "finish reason", "Ende wegen";
    not_counted: "not counted", "nicht gezählt";
    attributes: "Attributes", "Attribute";
    attribute: "attribute", "Attribut";
    value: "value", "Wert";
    arguments: "Arguments", "Argumente";
    result: "Result", "Ergebnis";
    estimated: "estimated", "geschätzt";
    // overview
    calls_over_time: "calls over time, errors marked", "Aufrufe im Verlauf, Fehler markiert";
    most_each: "at most", "höchstens";
    latest_traces: "Latest traces", "Neueste Traces";
    top_costs: "Highest cost", "Höchste Kosten";
    most_used_tools: "Most used tools", "Meistgenutzte Werkzeuge";
    attention: "Needs attention", "Braucht Aufmerksamkeit";
    failures: "Failures", "Fehler nach Ursache";
    count: "count", "Anzahl";
    // cost
    last_5h: "last 5 h", "letzte 5 h";
    today: "today", "heute";
    week: "week", "Woche";
    month: "month", "Monat";
    windows: "Windows of subscriptions", "Fenster der Abonnements";
    no_windows: "no calls under a subscription", "keine Aufrufe unter einem Abonnement";
    plan: "plan", "Abo";
    window: "window", "Fenster";
    ends: "ends", "endet";
    used: "used", "verbraucht";
    list_price: "list price", "Listenpreis";
    at_end: "at this pace", "bei diesem Tempo";
    limit: "limit", "Grenze";
    reached: "reached", "erreicht";
    limit_at: "limit at", "Grenze um";
    peak: "peak", "Höchststand";
    pace_note: "Forecasts assume the mean pace of the window. Without --limit, the largest earlier window is \
        the mark.", "Vorhersagen gelten beim mittleren Tempo des Fensters. Ohne --limit gilt das größte \
        frühere Fenster als Marke.";
    eaten: "What consumes the tokens", "Was die Tokens verbraucht";
    fresh: "new input", "neue Eingabe";
    resent: "resent context, read from the cache", "erneut gesendeter Kontext, aus dem Cache";
    written: "context written to the cache", "Kontext, in den Cache geschrieben";
    answered: "output without reasoning", "Ausgabe ohne Denken";
    thought: "reasoning", "Denken";
    missed: "resent context that the cache missed", "erneut gesendeter Kontext, den der Cache verfehlte";
    by_agent: "By agent", "Nach Agent";
    by_model: "By model", "Nach Modell";
    by_tool: "By tool", "Nach Werkzeug";
    cost_over_time: "cost over time", "Kosten im Verlauf";
    trend: "trend", "Trend";
    forecast: "forecast", "Vorhersage";
    until: "until", "bis";
    between: "between", "zwischen";
    and: "and", "und";
    cache_saved: "caches saved", "Caches sparten";
    // budgets
    scope: "scope", "Geltung";
    unit: "unit", "Einheit";
    spent: "spent", "verbraucht";
    reserved: "reserved", "reserviert";
    resets: "resets", "beginnt neu";
    action: "action", "Folge";
    no_budgets: "no budget is set: `quipu budget set daily --usd 10 --per day`",
        "kein Budget gesetzt: `quipu budget set daily --usd 10 --per day`";
    // alerts
    states: "States", "Zustände";
    rule: "rule", "Regel";
    group: "group", "Gruppe";
    threshold: "threshold", "Schwelle";
    severity: "severity", "Schwere";
    since: "since", "seit";
    history: "Episodes", "Episoden";
    began: "began", "Beginn";
    ended: "ended", "Ende";
    by: "acknowledged by", "bestätigt von";
    silences: "Silences", "Stummschaltungen";
    matchers: "matches", "trifft";
    reason: "reason", "Grund";
    no_alerts: "no rule has been evaluated", "keine Regel wurde ausgewertet";
    no_history: "no episode", "keine Episode";
    no_silences: "no silence is in force", "keine Stummschaltung gilt";
    // system
    version: "version", "Version";
    started_at: "started", "gestartet";
    store: "store", "Speicher";
    days: "days", "Tage";
    stored: "stored", "gespeichert";
    search_lag: "search lag", "Suchrückstand";
    cpu: "CPU", "CPU";
    memory: "memory", "Arbeitsspeicher";
    disk_free: "disk free", "Platte frei";
    queue: "queue", "Warteschlange";
    rate: "spans/s", "Spans/s";
    drops: "drops", "verworfen";
    backends: "Backends", "Backends";
    written_records: "written", "geschrieben";
    queued: "queued", "wartend";
    lag: "lag", "Rückstand";
    dead_letters: "dead letters", "unzustellbar";
    unread: "Sources that are not read", "Quellen, die nicht gelesen werden";
    no_vitals: "figures of the process: only from a server (--url)",
        "Werte des Prozesses: nur von einem Server (--url)";
    spans_over_time: "spans/s over time, drops marked", "Spans/s im Verlauf, Verworfene markiert";
    // conversation
    of_calls: "calls", "Aufrufe";
    no_messages: "no messages are recorded", "keine Nachrichten aufgezeichnet";
    left_out: "left out", "weggelassen";
    more_rows: "more: narrow the filter or the time range", "weitere: Filter oder Zeitraum einengen";
    more_spans: "more spans: open the trace in the browser (o)",
        "weitere Spans: Trace im Browser öffnen (o)";
    more_bytes: "more characters", "weitere Zeichen";
    // empty states
    no_traces: "no traces match", "keine Traces passen";
    no_calls: "no calls match", "keine Aufrufe passen";
    no_sessions: "no sessions match", "keine Sitzungen passen";
    no_agents: "no agents match", "keine Agenten passen";
    no_tools: "no tool runs match", "keine Werkzeugläufe passen";
    no_spans: "no spans", "keine Spans";
    none: "none", "keine";
    nothing_yet: "Nothing is stored in this time range. `t` widens it; `quipu serve --demo` fills a store.",
        "In diesem Zeitraum ist nichts gespeichert. `t` weitet ihn; `quipu serve --demo` füllt einen Speicher.";
    loading: "loading …", "lädt …";
    // header and messages
    live: "live", "live";
    paused: "paused", "angehalten";
    unreachable: "not reachable", "nicht erreichbar";
    refused: "refused", "abgelehnt";
    figures_of: "trying again; figures as of", "neuer Versuch läuft; Werte von";
    filter: "filter", "Filter";
    all_time: "all", "alles";
    too_small: "too small", "zu klein";
    copied: "copied", "kopiert";
    nothing_to_copy: "this row has no id", "diese Zeile hat keine Id";
    opened: "opened", "geöffnet";
    no_browser: "a data folder has no dashboard: use --url", "ein Datenordner hat kein Dashboard: --url nutzen";
    browser_failed: "no browser could be started", "kein Browser ließ sich starten";
    no_trace_here: "select a trace first", "zuerst einen Trace wählen";
    no_alert_here: "select an alert first", "zuerst einen Alarm wählen";
    no_episode: "no episode is open for this alert", "für diesen Alarm ist keine Episode offen";
    ask_hold: "Hold this trace against retention? y/n", "Trace vor dem Löschen bewahren? y/n";
    ask_ack: "Acknowledge this episode? y/n", "Episode bestätigen? y/n";
    ask_silence: "Silence this rule and group? y/n", "Regel und Gruppe stummschalten? y/n";
    held: "the trace is held", "der Trace bleibt bewahrt";
    acknowledged: "acknowledged", "bestätigt";
    silenced: "silenced", "stummgeschaltet";
    cancelled: "cancelled", "abgebrochen";
    unknown_command: "unknown command", "unbekannter Befehl";
    bad_range: "expected a range such as 15m, 24h, 7d or all", "erwartet einen Zeitraum wie 15m, 24h, 7d oder all";
    // keys
    key_open: "open", "öffnen";
    key_back: "back", "zurück";
    key_filter: "filter", "Filter";
    key_command: "command", "Befehl";
    key_help: "help", "Hilfe";
    key_quit: "quit", "Ende";
    key_range: "range", "Zeitraum";
    key_sort: "sort", "ordnen";
    key_views: "views", "Ansichten";
    key_copy: "copy id", "Id kopieren";
    key_browser: "browser", "Browser";
    key_conversation: "conversation", "Gespräch";
    key_hold: "hold trace", "Trace bewahren";
    key_ack: "acknowledge", "bestätigen";
    key_silence: "silence", "stummschalten";
    key_pause: "pause", "anhalten";
    key_refresh: "refresh", "neu laden";
    key_move: "move", "bewegen";
    key_page: "half a page", "halbe Seite";
    key_ends: "first and last row", "erste und letzte Zeile";
    key_next: "next and previous view", "nächste und vorige Ansicht";
    key_suspend: "suspend", "in den Hintergrund";
    help: "Help", "Hilfe";
    help_close: "any key closes the help", "jede Taste schließt die Hilfe";
    help_commands: "Commands: :VIEW, :trace ID, :session ID, :conversation ID, :filter TERMS, :range 7d, :sort \
        cost, :silence 2h, :quit", "Befehle: :ANSICHT, :trace ID, :session ID, :conversation ID, :filter \
        TERME, :range 7d, :sort cost, :silence 2h, :quit";
    help_filter: "Filter: model:gpt-* status:error cost>0.05 \"rate limit\"; an empty filter removes it",
        "Filter: model:gpt-* status:error cost>0.05 \"rate limit\"; ein leerer Filter hebt ihn auf";
    help_plain: "Commands: a view, `trace ID`, `filter TERMS`, `range 7d`, `quit`; an empty line shows the \
        view again", "Befehle: eine Ansicht, `trace ID`, `filter TERME`, `range 7d`, `quit`; eine leere Zeile \
        zeigt die Ansicht erneut";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locale_names_its_language() {
        for (text, lang) in [
            ("de", Lang::De),
            ("de_DE.UTF-8", Lang::De),
            ("DE-at", Lang::De),
            ("en_GB", Lang::En),
            ("C", Lang::En),
            ("den", Lang::En),
            ("", Lang::En),
        ] {
            assert_eq!(Lang::read(text), lang, "{text}");
        }
    }

    #[test]
    fn both_languages_have_every_text() {
        for (name, en, de) in PAIRS {
            assert!(!en.is_empty() && !de.is_empty(), "{name}");
            assert!(!en.contains(crate::figure::steers) && !de.contains(crate::figure::steers), "{name}");
        }
    }
}
