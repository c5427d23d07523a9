"""Sends every recorded request to a place, waits until all of it is recorded at another, and prints as JSON how many records arrived and
what of them differs.

usage: through.py FIXTURES RECORDED ENDPOINT SECONDS [protobuf] [no-entities]

`protobuf` sends what was recorded as JSON as protobuf, for a collector that takes JSON of a strict kind only; `no-entities` leaves out a
field that rotel does not know.
"""
import collections
import json
import pathlib
import sys
import time
import urllib.request

import everything
import wire

FIXTURES, RECORDED, ENDPOINT, SECONDS, *OPTIONS = sys.argv[1:]
TYPES = {"pb": "application/x-protobuf", "json": "application/json"}


def sent():
    """What is sent: recorded bodies, and one of each signal that uses every field there is."""
    for folder in sorted(pathlib.Path(FIXTURES).iterdir()):
        if folder.is_dir():
            for signal, kind, body in wire.bodies(folder):
                yield folder.name, signal, kind, body
    for signal, message in everything.requests(entities="no-entities" not in OPTIONS):
        yield "everything", signal, "pb", message.SerializeToString()


def post(signal, kind, body):
    request = urllib.request.Request(
        f"{ENDPOINT}/v1/{signal}", data=body, headers={"content-type": TYPES[kind]}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        if answer.status != 200:
            raise SystemExit(f"POST /v1/{signal}: {answer.status} {answer.read()[:200]}")


def recorded():
    found = collections.Counter()
    for signal, kind, body in wire.bodies(RECORDED):
        found.update((signal, record) for record in wire.records(signal, wire.request(signal, kind, body)))
    return collections.Counter({key: times for key, times in found.items() if not wire.is_ours(*key)})


def explain(lacking, beyond):
    """Pairs what lacks with what is there instead, by the ids or the name, and says where they differ."""
    wrong = []
    rest = [(signal, wire.told(signal, record)) for signal, record in beyond]
    for signal, record in lacking:
        want = wire.told(signal, record)
        others = [have for kind, have in rest if kind == signal]
        best = min(others, key=lambda have: sum(1 for _ in wire.differences(have, want)), default=None)
        if best is None:
            wrong.append(f"{signal}: lacking {str(want)[:300]}")
        else:
            wrong.extend(f"{signal}{path}" for path in list(wire.differences(best, want))[:4])
    if len(beyond) > len(lacking):
        wrong.append(f"{len(beyond) - len(lacking)} records more than were sent")
    return wrong


def main():
    want = collections.Counter()
    for _, signal, kind, body in sent():
        message = wire.request(signal, kind, body)
        want.update((signal, record) for record in wire.records(signal, message))
        if kind == "json" and "protobuf" in OPTIONS:
            kind, body = "pb", message.SerializeToString()
        post(signal, kind, body)
    end = time.monotonic() + float(SECONDS)
    have = recorded()
    while have.total() < want.total() and time.monotonic() < end:
        time.sleep(0.2)
        have = recorded()
    lacking, beyond = list((want - have).elements()), list((have - want).elements())
    counts = collections.Counter(signal for signal, _ in want.elements())
    print(json.dumps({
        "records": counts, "equal": want.total() - len(lacking), "wrong": explain(lacking, beyond)[:40],
        "lacking": len(lacking),
    }))


main()
