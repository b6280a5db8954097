"""Faults: which calls go wrong, and how. All is counted, nothing is random, so a run can be repeated.

A fault is an object: `kind`, where it applies (`service`, `operation`, `account`, `region`: globs; `holding`: text in the
arguments), and when (`skip` that many calls first, then at most `times`, of them only the `share`, such as 0.3).

    throttle, deny, expired     the service's own error of that name
    delay                       wait `seconds`, then answer; adds up with the others
    cut                         promise the whole answer, send `bytes` of it and hang up
    short                       send `bytes` of the answer as if it were all
    html                        status 500 and a web page
    empty-page                  no records, but a token for the page that was asked for
    same-token                  the page, and again the token that led to it
    unprocessed                 a batch that gives back its last `count` keys undone
"""

import json
import threading
from fnmatch import fnmatchcase

KINDS = ("throttle", "deny", "expired", "delay", "cut", "short", "html", "empty-page", "same-token", "unprocessed")
GOLDEN = 0.6180339887498949


class Faults:
    def __init__(self):
        self.lock, self.all = threading.Lock(), []

    def set(self, wanted):
        with self.lock:
            self.all = [{**one, "seen": 0, "hit": 0} for one in wanted]

    def of(self, call):
        """The seconds to wait, and the fault that strikes, if any."""
        wait, strikes = 0.0, None
        with self.lock:
            for one in self.all:
                if not applies(one, call) or strikes and one["kind"] != "delay":
                    continue
                one["seen"] += 1
                due = one["seen"] > one.get("skip", 0) and one["hit"] < one.get("times", float("inf"))
                # Multiples of the golden ratio, taken modulo 1, are spread evenly without a period.
                if not due or one["seen"] * GOLDEN % 1 >= one.get("share", 1):
                    continue
                one["hit"] += 1
                if one["kind"] == "delay":
                    wait += one["seconds"]
                else:
                    strikes = one
        return wait, strikes


def applies(one, call):
    where = {"service": call.service, "operation": call.operation, "account": call.touched, "region": call.region}
    return all(fnmatchcase(value, one.get(name, "*")) for name, value in where.items()) and (
        one.get("holding", "") in json.dumps(call.arguments))
