"""Hostile statements over HTTP: none changes a record, reads another project, or takes longer than its limits.

Arguments: address of the server, number of statements, seed, a text that only another project has. Between
blocks of statements, and during them, another process times other routes. Prints a JSON object.
"""

import hashlib
import json
import multiprocessing
import os
import random
import sys
import threading
import time
import urllib.error
import urllib.request

TABLES = ["traces", "spans", "calls", "tools", "sessions", "usage", "events", "scores"]
ROUTES = ["/api/v1/traces?limit=50", "/api/v1/usage?group_by=model", "/api/v1/tools"]
MADE = ["/tmp/quipu-attached.db", "/tmp/quipu-vacuumed.db", "/tmp/quipu-written"]
# Seconds that a statement may take: its turn, its time, and the end of its process.
MOST = 10 + 10 + 4
CLIENTS = 3
BLOCK = 100
TIMES = 60

# Statements that must be refused whatever their spelling.
REFUSED = """
ATTACH DATABASE '/tmp/quipu-attached.db' AS a
ATTACH 'projects/vault/catalog.db' AS a
DETACH main
PRAGMA writable_schema = ON
PRAGMA query_only = OFF
PRAGMA temp_store_directory = '/tmp'
PRAGMA database_list
SELECT * FROM pragma_database_list
SELECT * FROM pragma_function_list
SELECT * FROM vault.traces
SELECT name FROM "projects/vault".spans
SELECT count(*) FROM temp.traces
SELECT * FROM sqlite_master
SELECT * FROM sqlite_temp_master
SELECT * FROM dbstat
DELETE FROM traces
UPDATE calls SET cost_usd = '0'
INSERT INTO traces(name) VALUES ('x')
DROP TABLE traces
ALTER TABLE traces RENAME TO t
CREATE TABLE x AS SELECT * FROM traces
CREATE TEMP VIEW v AS SELECT * FROM traces
CREATE VIRTUAL TABLE x USING fts5(a)
CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')
CREATE VIRTUAL TABLE x USING traces
SELECT * FROM traces_content
BEGIN IMMEDIATE
SAVEPOINT s
VACUUM INTO '/tmp/quipu-vacuumed.db'
ANALYZE
EXPLAIN DELETE FROM traces
SELECT load_extension('/tmp/x.so')
SELECT readfile('/etc/passwd')
SELECT readfile('projects/vault/catalog.db')
SELECT writefile('/tmp/quipu-written', 'x')
SELECT edit('x')
SELECT fts3_tokenizer('simple')
SELECT zeroblob(1000000000)
SELECT randomblob(1000000000)
SELECT sqlite_log(1, 'x')
SELECT 1; DELETE FROM traces
SELECT 1; ATTACH '/tmp/quipu-attached.db' AS a
WITH x AS (SELECT 1) DELETE FROM traces
WITH x AS (SELECT 1) INSERT INTO spans(name) SELECT * FROM x
SELECT printf('%.*c', 1000000000, 'x')
SELECT :secret
""".strip().splitlines()

# Statements that would take all time or memory; some may end within their limits.
HEAVY = """
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n
WITH RECURSIVE n(i, t) AS (SELECT 1, 'x' UNION ALL SELECT i + 1, t || t FROM n) SELECT max(length(t)) FROM n
SELECT count(*) FROM spans a, spans b, spans c, spans d, spans e
SELECT count(*) FROM spans a, spans b, spans c WHERE a.name LIKE '%a%b%c%d%e%f%' OR b.name > c.name || a.name
SELECT group_concat(a.name || b.name || c.name) FROM spans a, spans b, spans c
SELECT json_group_array(a.trace_id || b.trace_id) FROM spans a, spans b, spans c
SELECT a.attributes || b.attributes FROM spans a, spans b ORDER BY 1
SELECT * FROM spans a, spans b, spans c
SELECT replace(replace(printf('%.*c', 9000, 'x'), 'x', 'yyyyyyyyyyyyyyyy'), 'y', 'zzzzzzzzzzzzzzzz')
SELECT DISTINCT a.name || random() FROM spans a, spans b, spans c
SELECT * FROM traces WHERE name GLOB printf('%.*c', 5000, '*')
SELECT name, sum(duration_ms) OVER (ORDER BY random()) FROM spans a, (SELECT 1 FROM spans) b
""".strip().splitlines()


def get(url):
    with urllib.request.urlopen(url, timeout=60) as answer:
        return answer.read()


def ask(url, body):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url + "/api/v1/sql", data, {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def varied(dice, query):
    spaces, text, quoted = [" ", "\n", "/**/", "\t", " /* ' */ ", "--x\n"], "", False
    for letter in query:
        quoted ^= letter == "'"
        if letter == " " and not quoted:
            text += dice.choice(spaces)
        else:
            text += letter.swapcase() if not quoted and dice.random() < 0.3 else letter
    return text


def made(dice):
    """A body, and whether it must be refused."""
    kind = dice.randrange(20)
    if kind < 12:
        return {"query": varied(dice, dice.choice(REFUSED))}, True
    if kind < 16:
        return {"query": varied(dice, dice.choice(HEAVY)), "timeout_ms": dice.choice([50, 200, 800])}, False
    deep = dice.randrange(2_000, 20_000)
    return dice.choice(
        [
            ({"query": "SELECT " + "(" * deep + "1" + ")" * deep}, True),
            ({"query": " UNION ALL ".join(["SELECT 1"] * 600)}, True),
            ({"query": "SELECT " + " + ".join(["1"] * 5_000)}, True),
            ({"query": "SELECT 1 -- " + "x" * 60_000}, True),
            ({"query": "SELECT " + ", ".join(["*"] * 300) + " FROM traces"}, True),
            ({"query": "SELECT count(*) FROM " + ", ".join(f"traces t{at}" for at in range(70))}, True),
            ({"query": "SELECT 1\0; DELETE FROM traces"}, True),
            ({"query": "SELECT ?", "params": [[1]]}, True),
            ({"query": "SELECT ?", "params": list(range(200))}, True),
            ({"query": "SELECT 1", "max_rows": -1}, True),
            ({"query": "SELECT 1", "store": "sqlite:/"}, True),
            (b'{"query": ' + b"[" * deep, True),
            (b"\xff\xfe", True),
        ]
    )


def state(url):
    """A digest of every record that a statement can read."""
    sums = {}
    for table in TABLES:
        columns = "trace_id, span_id, name, status, duration_ms, started_at" if table == "spans" else "*"
        for _ in range(3):
            status, text = ask(url, {"query": f"SELECT {columns} FROM {table}"})
            if status == 200:
                break
        else:
            sys.exit(f"cannot read {table}: {status} {text[:200]}")
        rows = sorted(map(str, json.loads(text)["rows"]))
        sums[table] = hashlib.sha256("\n".join(rows).encode()).hexdigest()
    return sums


class Attack:
    def __init__(self, url, cases, seed, secret):
        self.url, self.left, self.secret = url, cases, secret
        self.dice, self.lock = random.Random(seed), threading.Lock()
        self.running, self.wrong, self.statuses, self.slowest = threading.Event(), [], {}, 0.0

    def next(self):
        with self.lock:
            if self.left == 0:
                return None
            self.left -= 1
            return made(self.dice)

    def one(self, body, refused):
        begun = time.monotonic()
        status, text = ask(self.url, body)
        took, shown = time.monotonic() - begun, str(body)[:160]
        with self.lock:
            self.statuses[status] = self.statuses.get(status, 0) + 1
            self.slowest = max(self.slowest, took)
            if status not in (200, 400, 413, 422, 503) or (refused and status == 200):
                self.wrong.append(f"{status}: {shown}")
            if took > MOST:
                self.wrong.append(f"{took:.1f} s: {shown}")
            if self.secret in text or "root:x:0" in text:
                self.wrong.append(f"reads what it must not: {shown}")

    def client(self):
        while True:
            self.running.wait()
            found = self.next()
            if found is None:
                return
            self.one(*found)


def timed(url):
    times = []
    for at in range(TIMES):
        begun = time.monotonic()
        get(url + ROUTES[at % len(ROUTES)])
        times.append(time.monotonic() - begun)
    return times


def p99(times):
    return sorted(times)[min(len(times) - 1, int(len(times) * 0.99))] * 1_000


def main():
    url, cases, seed, secret = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    for path in MADE:
        if os.path.exists(path):
            os.remove(path)
    # This process reads large answers and would delay its own clock. Clients of a real server have other
    # machines, so the attack has what the server and the clock leave of the processors.
    clock = multiprocessing.get_context("fork").Pool(1)
    os.nice(10)
    before = state(url)
    attack = Attack(url, cases, seed, secret)
    clients = [threading.Thread(target=attack.client, daemon=True) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    clock.apply(timed, (url,))
    quiet, busy = [], []
    while attack.left > 0:
        attack.running.clear()
        # Statements that were sent end first.
        time.sleep(1)
        quiet += clock.apply(timed, (url,))
        attack.running.set()
        end = max(0, attack.left - BLOCK)
        while attack.left > end:
            busy += clock.apply(timed, (url,))
    clock.terminate()
    attack.running.set()
    for client in clients:
        client.join(60)
    after = state(url)
    attack.wrong += [f"{table} has changed" for table in TABLES if before[table] != after[table]]
    attack.wrong += [f"{path} was made" for path in MADE if os.path.exists(path)]
    out = {"cases": sum(attack.statuses.values()), "statuses": attack.statuses, "slowest_s": round(attack.slowest, 2)}
    out |= {"quiet_p99_ms": round(p99(quiet), 2), "busy_p99_ms": round(p99(busy), 2), "wrong": attack.wrong[:10]}
    print(json.dumps(out))


main()
