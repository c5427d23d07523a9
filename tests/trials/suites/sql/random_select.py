"""Random SELECTs over HTTP, compared with Python's sqlite3 over a dump of the same tables.

Arguments: address of the server, number of statements, seed. Prints a JSON object.
"""

import json
import random
import re
import sqlite3
import sys
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

TABLES = ["traces", "spans", "calls", "tools", "sessions", "events", "scores"]
DECLARED = {"integer": "INTEGER", "real": "REAL", "usd": "TEXT COLLATE usd"}
PLACES = 24
# Spans that are read at a time.
PART = 250
AMOUNT = re.compile(r"-?\d+(\.\d{1,24})?")


def ask(url, query):
    body = json.dumps({"query": query}).encode()
    request = urllib.request.Request(url + "/api/v1/sql", body, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        return {"error": f"{error.code} {error.read().decode()[:300]}"}


def scaled(text):
    """An amount as a whole number of 1e-24 dollars; None for other text."""
    if not isinstance(text, str) or not AMOUNT.fullmatch(text):
        return None
    whole, _, part = text.lstrip("-").partition(".")
    number = int(whole) * 10**PLACES + int(part.ljust(PLACES, "0") or 0)
    return -number if text.startswith("-") else number


def amount(number):
    whole, part = divmod(abs(number), 10**PLACES)
    digits = str(part).rjust(PLACES, "0").rstrip("0")
    return ("-" if number < 0 else "") + str(whole) + ("." + digits if digits else "")


def order(one, other):
    a, b = scaled(one), scaled(other)
    if (a is None) != (b is None):
        return -1 if b is None else 1
    if a is None:
        a, b = one.encode(), other.encode()
    return (a > b) - (a < b)


class UsdSum:
    def __init__(self):
        self.sum, self.count = 0, 0

    def step(self, value):
        if value is not None:
            self.sum, self.count = self.sum + scaled(str(value)), self.count + 1

    def inverse(self, value):
        if value is not None:
            self.sum, self.count = self.sum - scaled(str(value)), self.count - 1

    def value(self):
        return amount(self.sum) if self.count else None

    finalize = value


def whole(url, query):
    """All rows of a statement. A machine under load may need another attempt."""
    for _ in range(3):
        answer = ask(url, query)
        if "error" not in answer and not answer["truncated"]:
            return answer["rows"]
    sys.exit(f"{query}: {answer.get('error', 'more rows than an answer has')}")


def rows_of(url, table, cuts):
    """All rows of a table. Spans are large, so they are read by parts of time."""
    if table != "spans":
        return whole(url, f"SELECT * FROM {table}")
    ends = zip([""] + cuts, cuts + ["9999"])
    parts = [f"SELECT * FROM spans WHERE started_at >= '{one}' AND started_at < '{other}'" for one, other in ends]
    return [row for part in parts for row in whole(url, part)]


def dump(url):
    conn = sqlite3.connect(":memory:")
    conn.create_collation("usd", order)
    conn.create_aggregate("usd_sum", 1, UsdSum)
    pair = lambda sign: lambda a, b: None if None in (a, b) else amount(scaled(a) + sign * scaled(b))
    conn.create_function("usd_add", 2, pair(1), deterministic=True)
    conn.create_function("usd_sub", 2, pair(-1), deterministic=True)
    conn.create_function(
        "usd_mul", 2, lambda a, n: None if None in (a, n) else amount(scaled(a) * n), deterministic=True
    )
    with urllib.request.urlopen(url + "/api/v1/sql/schema") as answer:
        schema = {table["name"]: table for table in json.load(answer)["tables"]}
    known = {}
    times = sorted(row[0] for row in whole(url, "SELECT started_at FROM spans"))
    cuts = times[PART::PART]
    for name in TABLES:
        columns = [(one["name"], one["type"]) for one in schema[name]["columns"] if not one["hidden"]]
        declared = ", ".join(f'"{column}" {DECLARED.get(kind, "TEXT")}' for column, kind in columns)
        conn.execute(f"CREATE TABLE {name} ({declared})")
        rows = rows_of(url, name, cuts)
        conn.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(columns))})", rows)
        values = {column: [row[at] for row in rows[:300]] for at, (column, _) in enumerate(columns)}
        known[name] = (columns, values)
    return conn, known


class Maker:
    def __init__(self, known, seed):
        self.dice, self.known = random.Random(seed), known

    def column(self, table, *kinds):
        columns = [name for name, kind in self.known[table][0] if not kinds or kind in kinds]
        return self.dice.choice(columns) if columns else None

    def literal(self, table, column):
        values = self.known[table][1][column] or ["x"]
        value = self.dice.choice(values)
        if value is None:
            return "NULL"
        if isinstance(value, str):
            kind = self.dice.randrange(9)
            if kind == 0:
                value = value[: self.dice.randrange(20)]
            elif kind == 1:
                value += "x"
            elif kind == 2:
                value = value.upper()
            return "'" + value.replace("'", "''") + "'"
        return repr(value)

    def condition(self, table, alias, depth):
        if depth and self.dice.randrange(3) == 0:
            one, other = (self.condition(table, alias, depth - 1) for _ in range(2))
            form = self.dice.choice(["NOT ({0})", "({0} OR {1})", "({0} AND {1})", "({0} OR NOT {1})"])
            return form.format(one, other)
        column = self.column(table, *self.dice.choice([(), ("text", "time"), ("text", "time")]))
        one, other = self.literal(table, column), self.literal(table, column)
        name = f'{alias}."{column}"'
        forms = ["{n} IS NULL", "{n} IS NOT NULL", "{n} IN ({a}, {b})", "{n} BETWEEN {a} AND {b}", "{n} LIKE '%a%'"]
        forms += [f"{{n}} {sign} {{a}}" for sign in ("<>", "<", "<=", ">", ">=", "IS", "=", "=", "=")]
        forms += ["{a} >= {n}", "{n} = {a} COLLATE NOCASE", "{n} NOT IN ({a}, {b})"]
        return self.dice.choice(forms).format(n=name, a=one, b=other)

    def aggregate(self, table):
        kind = self.dice.randrange(6)
        usd, whole = self.column(table, "usd"), self.column(table, "integer")
        if kind == 0 and whole:
            return f'sum(a."{whole}")'
        if kind in (1, 2) and usd:
            return f'usd_sum(a."{usd}")'
        if kind == 3:
            return f'{self.dice.choice(["max", "min"])}(a."{self.column(table)}")'
        if kind == 4:
            return f'count(DISTINCT a."{self.column(table)}")'
        return "count(*)"

    def source(self, table):
        filters = [self.condition(table, "a", 2)]
        source, kind = f"{table} a", self.dice.randrange(6)
        if kind == 0:
            other = self.dice.choice(TABLES)
            key = "session" if "sessions" in (table, other) else "trace_id"
            if all(any(name == key for name, _ in self.known[one][0]) for one in (table, other)):
                source += f" {self.dice.choice(['JOIN', 'LEFT JOIN'])} {other} b ON a.{key} = b.{key}"
        elif kind == 1 and table != "sessions":
            other = self.dice.choice(["traces", "spans", "calls"])
            inner = self.condition(other, "c", 1)
            form = self.dice.choice(
                ["a.trace_id IN (SELECT c.trace_id FROM {o} c WHERE {i})",
                 "EXISTS (SELECT 1 FROM {o} c WHERE c.trace_id = a.trace_id AND {i})"]
            )
            filters.append(form.format(o=other, i=inner))
        return f"FROM {source} WHERE {' AND '.join(filters)}"

    def statement(self):
        table = self.dice.choice(TABLES)
        source, kind = self.source(table), self.dice.randrange(7)
        one, other = self.aggregate(table), self.aggregate(table)
        group = f'a."{self.column(table)}"'
        if kind == 0:
            return f"SELECT {one}, {other} {source}"
        if kind == 1:
            return f"SELECT {group}, {one}, {other} {source} GROUP BY 1 HAVING count(*) > {self.dice.randrange(3)}"
        if kind == 2:
            return f"WITH g AS (SELECT {group} AS k, {one} AS v {source} GROUP BY 1) SELECT count(*), min(k), max(v) FROM g"
        if kind == 3:
            columns = ", ".join(f'a."{self.column(table)}"' for _ in range(2))
            joint = self.dice.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
            return f"SELECT {columns} {source} {joint} SELECT {columns} FROM {table} a WHERE {self.condition(table, 'a', 1)}"
        if kind == 4:
            usd = self.column(table, "usd")
            if usd and table not in ("sessions",):
                return (
                    f'SELECT a.trace_id, usd_add(a."{usd}", a."{usd}"), usd_mul(a."{usd}", -3), '
                    f'usd_sub(a."{usd}", \'0.000001\') {source} AND a."{usd}" IS NOT NULL'
                )
        if kind == 5:
            return f"SELECT {group}, count(*) OVER (PARTITION BY {group}), dense_rank() OVER (ORDER BY {group}) {source}"
        columns = ", ".join(f'a."{self.column(table)}"' for _ in range(3))
        end = self.dice.choice(["", " ORDER BY 1", " ORDER BY 1 DESC", f" ORDER BY {columns} LIMIT {self.dice.randrange(1, 40)}"])
        return f"SELECT {self.dice.choice(['', 'DISTINCT '])}{columns} {source}{end}"


def shown(value):
    return f"{value:.9e}" if isinstance(value, float) else json.dumps(value)


def judged(query, answer, want):
    if "error" in answer:
        return f"{answer['error']}: {query}"
    found = [[shown(value) for value in row] for row in answer["rows"]]
    want = [[shown(value) for value in row] for row in want]
    if answer["truncated"]:
        return None if len(want) > len(found) else f"truncated without reason: {query}"
    if "ORDER BY 1" in query and "OVER" not in query and [row[0] for row in found] != [row[0] for row in want]:
        return f"another order: {query}"
    return None if sorted(found) == sorted(want) else f"{len(found)} rows, expected {len(want)}: {query}"


def main():
    url, cases, seed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    conn, known = dump(url)
    maker = Maker(known, seed)
    wrong, with_rows, asked = [], 0, 0
    with ThreadPoolExecutor(2) as pool:
        while asked < cases and len(wrong) < 5:
            queries = [maker.statement() for _ in range(min(100, cases - asked))]
            for query, answer in zip(queries, pool.map(lambda query: ask(url, query), queries)):
                want = conn.execute(query).fetchall()
                asked, with_rows = asked + 1, with_rows + bool(want)
                found = judged(query, answer, want)
                wrong += [found] if found else []
    if with_rows < asked / 3:
        wrong.append(f"only {with_rows} of {asked} statements have rows")
    print(json.dumps({"cases": asked, "with_rows": with_rows, "sqlite": sqlite3.sqlite_version, "wrong": wrong}))


main()
