-- All signals of one run, joined by trace id. Each span is a row with its cost, its events, and the metrics
-- with an exemplar of it. Run it on a day file of the store: days/d-YYYYMMDD.db.
SELECT
    lower(hex(traces.trace)) AS trace,
    span_name.text AS span,
    CAST(calls.amount AS REAL) / 1e12 AS usd,
    (SELECT group_concat(event_name.text, ' ')
        FROM events JOIN dims AS event_name ON event_name.id = events.name
        WHERE events.trace = traces.trace AND events.span = spans.id) AS events,
    (SELECT group_concat(DISTINCT metric_name.text)
        FROM exemplars
        JOIN series ON series.id = exemplars.series
        JOIN dims AS metric_name ON metric_name.id = series.name
        WHERE exemplars.trace = traces.trace AND exemplars.span = spans.id) AS metrics
FROM traces
JOIN spans ON spans.tr = traces.pk
JOIN dims AS span_name ON span_name.id = spans.name
LEFT JOIN calls ON calls.pk = spans.pk
ORDER BY traces.pk, spans.start, spans.id;
