"""Reference of burn rates, written from the sources and not from Quipu's code.

Windows and lines: The Site Reliability Workbook, chapter 5, "Alerting on SLOs". Bound: the Wilson score interval with continuity
correction (Newcombe 1998), found by bisection of its defining inequality instead of its closed form.

Reads a JSON array of {objective, period, now, calls: [[second, failed]]} and writes one of burn rates.
"""

import bisect
import json
import math
import sys

HOUR, DAY = 3600, 86400
LINES = [(HOUR, 300, 14.4), (6 * HOUR, 1800, 6.0), (DAY, 2 * HOUR, 3.0), (3 * DAY, 6 * HOUR, 1.0)]
DEVIATIONS = 4.5


def lower(bad, total):
    """The least true share for which `bad` of `total` is within 4.5 standard deviations, half a record away."""
    if total == 0 or bad == 0:
        return 0.0
    seen = bad / total - 1 / (2 * total)
    low, high = 0.0, max(seen, 0.0)
    for _ in range(200):
        middle = (low + high) / 2
        if seen - middle > DEVIATIONS * math.sqrt(middle * (1 - middle) / total):
            low = middle
        else:
            high = middle
    return low


def judge(history):
    budget = 1.0 - history["objective"]
    period = int(history["period"][:-1]) * DAY
    now = history["now"]
    seconds = [second for second, _ in history["calls"]]
    failed = [0]
    for _, is_bad in history["calls"]:
        failed.append(failed[-1] + is_bad)

    def counts(window):
        first, last = bisect.bisect_left(seconds, now - window), bisect.bisect_left(seconds, now)
        return failed[last] - failed[first], last - first

    def burn(window):
        bad, total = counts(window)
        return bad / total / budget if total else None

    usable = [line for line in LINES if line[0] <= period and line[2] * budget < 0.99]
    if not usable:
        return {"refused": True}
    worst = None
    for long, short, line in usable:
        bad, total = counts(long)
        if total == 0:
            continue
        proven = 0.0 if bad < 3 else min(lower(bad, total), lower(*counts(short)))
        worst = max(worst or 0.0, proven / budget / line)
    rates = {f"burn_{name}": burn(window) for name, window in (("1h", HOUR), ("6h", 6 * HOUR), ("3d", 3 * DAY))}
    whole = burn(period)
    return {"severity": worst, "budget_left": None if whole is None else 1 - whole, **rates}


json.dump([judge(history) for history in json.load(sys.stdin)], sys.stdout)
