-- One day, self-contained: names, dictionaries, spans, ledger, sums, events, metrics.
CREATE TABLE dims(id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, text TEXT NOT NULL, UNIQUE(kind, text));
CREATE TABLE dicts(id INTEGER PRIMARY KEY, bytes BLOB NOT NULL);
-- Resources and scopes by content.
CREATE TABLE sources(id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, bytes BLOB NOT NULL);
CREATE TABLE origins(
    id INTEGER PRIMARY KEY,
    resource INTEGER NOT NULL, scope INTEGER NOT NULL,
    service INTEGER NOT NULL, framework INTEGER NOT NULL, convention INTEGER NOT NULL,
    UNIQUE(resource, scope, service, framework, convention));
-- figures, picks: packed. cost: an integer in 1e-12 USD, or 16 bytes in 1e-24 USD if the value needs them.
CREATE TABLE traces(
    pk INTEGER PRIMARY KEY, trace BLOB NOT NULL UNIQUE,
    name INTEGER, service INTEGER, framework INTEGER, convention INTEGER,
    start INTEGER NOT NULL, dur INTEGER NOT NULL, status INTEGER NOT NULL,
    spans INTEGER NOT NULL, errors INTEGER NOT NULL, tools INTEGER NOT NULL,
    session INTEGER, user INTEGER,
    cost, cost_nanos INTEGER, tokens INTEGER NOT NULL,
    figures BLOB NOT NULL, picks BLOB NOT NULL);
CREATE INDEX traces_start ON traces(start);
-- Agents, models and tools of a trace, with the number of rows that name them.
CREATE TABLE trace_dims(dim INTEGER NOT NULL, tr INTEGER NOT NULL, n INTEGER NOT NULL, PRIMARY KEY(dim, tr)) WITHOUT ROWID;
CREATE INDEX trace_dims_tr ON trace_dims(tr);
CREATE TABLE spans(
    pk INTEGER PRIMARY KEY, tr INTEGER NOT NULL, id INTEGER NOT NULL, parent INTEGER,
    start INTEGER NOT NULL, dur INTEGER, kind INTEGER NOT NULL, status INTEGER NOT NULL,
    name INTEGER NOT NULL, origin INTEGER NOT NULL,
    agent INTEGER, provider INTEGER, model INTEGER, tool INTEGER, session INTEGER, user INTEGER,
    error TEXT, facts BLOB,
    UNIQUE(tr, id));
CREATE TABLE bodies(pk INTEGER PRIMARY KEY, z BLOB NOT NULL);
-- Spans that were replaced after they may have been indexed for full text.
CREATE TABLE reindex(seq INTEGER PRIMARY KEY, pk INTEGER NOT NULL);
-- The ledger. marks: 1 in usage, 2 LLM call, 4 tool run, 8 failed, 16 counts.
CREATE TABLE calls(
    pk INTEGER PRIMARY KEY, tr INTEGER NOT NULL, time INTEGER NOT NULL, dur INTEGER, kind INTEGER NOT NULL,
    marks INTEGER NOT NULL,
    service INTEGER, framework INTEGER, convention INTEGER, agent INTEGER, tool INTEGER,
    provider INTEGER, model INTEGER,
    amount, unpriced INTEGER, reported, rest BLOB NOT NULL);
CREATE INDEX calls_time ON calls(time);
CREATE INDEX calls_failed_tool ON calls(tool, time) WHERE (marks & 12) = 12;
-- Rollups by hour since the epoch; 0 stands for no name.
CREATE TABLE by_model(hour INTEGER, provider INTEGER, model INTEGER, figures BLOB NOT NULL, PRIMARY KEY(hour, provider, model)) WITHOUT ROWID;
CREATE TABLE by_agent(hour INTEGER, agent INTEGER, figures BLOB NOT NULL, PRIMARY KEY(hour, agent)) WITHOUT ROWID;
CREATE TABLE by_source(hour INTEGER, service INTEGER, framework INTEGER, convention INTEGER, figures BLOB NOT NULL,
    PRIMARY KEY(hour, service, framework, convention)) WITHOUT ROWID;
CREATE TABLE by_tool(hour INTEGER, tool INTEGER, figures BLOB NOT NULL, PRIMARY KEY(hour, tool)) WITHOUT ROWID;
CREATE TABLE events(
    pk INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, time INTEGER NOT NULL, level INTEGER NOT NULL, name INTEGER,
    trace BLOB, span INTEGER, session INTEGER, agent INTEGER, framework INTEGER,
    resource INTEGER NOT NULL, scope INTEGER NOT NULL);
CREATE INDEX events_time ON events(time);
CREATE INDEX events_trace ON events(trace) WHERE trace IS NOT NULL;
CREATE TABLE event_bodies(pk INTEGER PRIMARY KEY, z BLOB NOT NULL);
CREATE TABLE series(
    id INTEGER PRIMARY KEY, hash BLOB NOT NULL UNIQUE, name INTEGER NOT NULL, unit INTEGER, description TEXT NOT NULL,
    instrument INTEGER NOT NULL, temporality INTEGER NOT NULL, labels BLOB NOT NULL,
    resource INTEGER NOT NULL, scope INTEGER NOT NULL);
CREATE INDEX series_name ON series(name);
CREATE TABLE points(series INTEGER NOT NULL, time INTEGER NOT NULL, start INTEGER, value,
    PRIMARY KEY(series, time)) WITHOUT ROWID;
