#!/usr/bin/env python3
"""Write pairs.jsonl: pairs of policies, and whether every request that the new one allows is allowed by the old one.

The answers are those of z3, an SMT solver that shares nothing with palisade; where z3 gives none the pair is left out. The
tests read the file and need neither Python nor z3. To write it anew, from the root of the repository:

    cargo build
    python3 -m venv /tmp/z3 && /tmp/z3/bin/pip install z3-solver
    for seed in 1 2; do /tmp/z3/bin/python tests/oracle/generate.py --seed $seed --pairs 300; done > tests/oracle/pairs.jsonl

One JSON object a line: {"id", "old", "new", "verdict"}. Names of actions and ARNs of resources come from palisade's
catalogue; everything else is random, by the seed. Which pairs z3 leaves undecided hangs on the machine's speed as well.

A PASS holds for requests with any text as resource and as value of a condition key. A FAIL holds also when only requests
that look real are taken: a resource as the action has it, values that are not empty. Pairs that differ in that are left
out, so that the answers do not hang on how an engine bounds its requests. Each request that z3 finds is put to the
evaluator below, which is written without z3, and each PASS is tried on some hundred requests made from its own texts.

Left out on purpose: principals, policy variables, keys that AWS always sends or that hang on other keys.
"""

import argparse
import copy
import datetime
import ipaddress
import itertools
import json
import random
import re
import subprocess
import sys

import z3

# --------------------------------------------------------------------------------------------------------------------
# Condition keys: each with the sort of its values and the texts that policies compare it with.

STRING, NUMBER, DATE, BOOL, IP, ARN, LIST = "string", "number", "date", "bool", "ip", "arn", "list"

KEYS = {
    "aws:PrincipalTag/team": (STRING, ["blue", "red", "blue-*", "b*", "*-ops", "??d", "Blue", "a*b", "re?"]),
    "aws:RequestTag/env": (STRING, ["prod", "dev", "prod-*", "*", "p*d", "PROD", "test"]),
    "s3:prefix": (STRING, ["home/", "home/*", "home/a/*", "*/a", "public", "home/?"]),
    "s3:max-keys": (NUMBER, ["10", "100", "20.5", "1000", "-5", "0.25"]),
    "aws:MultiFactorAuthPresent": (BOOL, ["true", "false"]),
    "aws:TokenIssueTime": (DATE, ["2026-01-01T00:00:00Z", "2026-06-30T12:00:00Z", "2027-01-01T00:00:00Z", "1782820800"]),
    "aws:SourceIp": (IP, ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24", "192.0.2.7", "0.0.0.0/1", "128.0.0.0/1",
                          "203.0.113.0/25", "203.0.113.128/25", "203.0.113.0/24", "2001:db8::/32", "2001:db8:1::/48"]),
    "aws:SourceArn": (ARN, ["arn:aws:s3:::logs", "arn:aws:s3:::*", "arn:aws:sns:*:111122223333:*",
                            "arn:aws:sns:us-east-1:111122223333:t?p*", "arn:aws:sns:us-*-1:111122223333:topic",
                            "arn:aws:sns:us-east-1:*:topic", "arn:*:sns:us-east-1:111122223333:a:b*"]),
    "aws:TagKeys": (LIST, ["team", "env", "cost", "te*", "*", "e?v"]),
}

OPERATORS = {
    STRING: ["StringEquals", "StringNotEquals", "StringLike", "StringNotLike", "StringEqualsIgnoreCase",
             "StringNotEqualsIgnoreCase"],
    NUMBER: ["NumericEquals", "NumericNotEquals", "NumericLessThan", "NumericLessThanEquals", "NumericGreaterThan",
             "NumericGreaterThanEquals"],
    DATE: ["DateEquals", "DateNotEquals", "DateLessThan", "DateLessThanEquals", "DateGreaterThan", "DateGreaterThanEquals"],
    BOOL: ["Bool"],
    IP: ["IpAddress", "NotIpAddress"],
    ARN: ["ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"],
}

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectAcl", "s3:GetObjectVersion", "s3:ListBucket",
           "s3:GetBucketPolicy", "s3:PutBucketPolicy", "s3:ListAllMyBuckets", "sqs:SendMessage", "sqs:ReceiveMessage",
           "sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:GetQueueAttributes", "dynamodb:GetItem", "dynamodb:PutItem",
           "dynamodb:BatchGetItem", "dynamodb:Query", "dynamodb:Scan", "s3:Get*", "s3:*Object", "s3:GetObject*", "s3:*",
           "s3:?etObject", "S3:getobject", "sqs:*Message", "sqs:*", "sqs:Get*", "dynamodb:*Item", "dynamodb:Batch*",
           "dynamodb:*", "*", "s3:*Acl", "*:Get*", "s3:Put*", "s3:P*t*", "s3:List*"]

RESOURCES = {
    "s3": ["*", "arn:aws:s3:::logs", "arn:aws:s3:::logs/*", "arn:aws:s3:::logs*", "arn:aws:s3:::logs/a/*",
           "arn:aws:s3:::lo?s/*", "arn:aws:s3:::*/x", "arn:aws:s3:::*", "arn:aws:s3:::data/*", "arn:aws:s3:::data/x",
           "arn:aws:s3:::*-prod/*", "arn:aws:s3:::*a*/x*"],
    "sqs": ["*", "arn:aws:sqs:us-east-1:111122223333:jobs", "arn:aws:sqs:us-east-1:111122223333:*",
            "arn:aws:sqs:*:111122223333:jobs", "arn:aws:sqs:*:*:jobs*", "arn:aws:sqs:us-east-1:111122223333:j?bs"],
    "dynamodb": ["*", "arn:aws:dynamodb:us-east-1:111122223333:table/orders", "arn:aws:dynamodb:*:111122223333:table/*",
                 "arn:aws:dynamodb:us-east-1:111122223333:table/o*", "arn:aws:dynamodb:us-east-1:*:table/orders"],
}


def as_list(value):
    return value if isinstance(value, list) else [value]


def split_operator(text):
    """`ForAnyValue:StringLikeIfExists` is (`ForAnyValue`, `StringLike`, True)."""
    quantifier, _, rest = text.rpartition(":")
    return quantifier, rest.removesuffix("IfExists"), rest.endswith("IfExists")


def is_negated(base):
    return "Not" in base


def moment(text):
    """Seconds since 1970, by ISO 8601 or as they are."""
    if text.isdigit():
        return int(text)
    return int(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def hundredths(text):
    whole, _, part = text.lstrip("-").partition(".")
    number = int(whole) * 100 + int((part + "00")[:2])
    return -number if text.startswith("-") else number


def compare(base, a, b):
    """The comparison of numbers and dates that an operator stands for."""
    word = base.removeprefix("Numeric").removeprefix("Date").replace("Not", "")
    return {"Equals": a == b, "LessThan": a < b, "LessThanEquals": a <= b, "GreaterThan": a > b,
            "GreaterThanEquals": a >= b}[word]


# --------------------------------------------------------------------------------------------------------------------
# The evaluator: one request, no z3.

def glob(pattern, text, keep=""):
    """`*` any run, `?` one character, neither across a character of `keep`."""
    rows = {0}
    for p in pattern:
        if p == "*":
            rows = {j for i in rows for j in range(i, reach(text, i, keep) + 1)}
        else:
            rows = {i + 1 for i in rows if i < len(text) and (text[i] == p or (p == "?" and text[i] not in keep))}
    return len(text) in rows


def reach(text, start, keep):
    """How far `*` may go from a place."""
    stop = [i for i in range(start, len(text)) if text[i] in keep] if keep else []
    return stop[0] if stop else len(text)


def value_matches(base, pattern, value):
    """Whether one value of a request is what one value of a policy names; negation is not looked at."""
    if base.startswith("String"):
        if base.endswith("IgnoreCase"):
            return pattern.lower() == value.lower()
        return glob(pattern, value) if base.endswith("Like") else pattern == value
    if base.startswith("Arn"):
        fields, parts = pattern.split(":", 5), value.split(":", 5)
        return len(parts) == 6 and all(glob(f, p, ":") for f, p in zip(fields[:5], parts[:5])) and glob(fields[5], parts[5])
    if base.startswith("Numeric"):
        return compare(base, hundredths(value), hundredths(pattern))
    if base.startswith("Date"):
        return compare(base, moment(value), moment(pattern))
    if base == "Bool":
        return pattern.lower() == value.lower()
    network, address = ipaddress.ip_network(pattern, strict=False), ipaddress.ip_address(value)
    return network.version == address.version and address in network


def condition_matches(operator, key, patterns, context):
    quantifier, base, if_exists = split_operator(operator)
    value = context.get(key)
    values = as_list(value) if value is not None else []
    if base == "Null":
        return (not values) == (patterns[0] == "true")

    def one(v):
        return any(value_matches(base, p, v) for p in patterns) != is_negated(base)

    if quantifier == "ForAllValues":
        return all(one(v) for v in values)
    if not values:
        return if_exists or (is_negated(base) and not quantifier)
    if quantifier == "ForAnyValue":
        return any(one(v) for v in values)
    return not isinstance(value, list) and one(value)


def statement_matches(statement, request):
    def named(name, fits):
        if name in statement:
            return any(fits(p) for p in as_list(statement[name]))
        return not any(fits(p) for p in as_list(statement["Not" + name]))

    action = request["action"].lower()
    if not named("Action", lambda p: glob(p.lower(), action)) or not named("Resource", lambda p: glob(p, request["resource"])):
        return False
    return all(condition_matches(operator, key, as_list(patterns), request["context"])
               for operator, keys in statement.get("Condition", {}).items() for key, patterns in keys.items())


def allows(policy, request):
    effects = {s["Effect"] for s in policy["Statement"] if statement_matches(s, request)}
    return effects == {"Allow"}


# --------------------------------------------------------------------------------------------------------------------
# The same for z3.

ANY = z3.AllChar(z3.ReSort(z3.StringSort()))
NO_COLON = z3.Intersect(ANY, z3.Complement(z3.Re(":")))


def sequence(parts):
    parts = list(parts)
    if not parts:
        return z3.Re("")
    return parts[0] if len(parts) == 1 else z3.Concat(*parts)


def glob_re(pattern, character=ANY):
    wild = {"*": z3.Star(character), "?": character}
    return sequence(wild[c] if c in wild else z3.Re(c) for c in pattern)


def folded_re(text):
    both = [z3.Union(z3.Re(c.lower()), z3.Re(c.upper())) if c.isalpha() else z3.Re(c) for c in text]
    return sequence(both)


def arn_re(pattern):
    fields = pattern.split(":", 5)
    head = itertools.chain.from_iterable((glob_re(f, NO_COLON), z3.Re(":")) for f in fields[:5])
    return sequence([*head, glob_re(fields[5])])


class Key:
    """A condition key of the request that z3 looks for."""

    def __init__(self, name, bound):
        self.name, (self.sort, _) = name, KEYS[name]
        self.present = z3.Bool(f"{name} present")
        self.rules = []
        if self.sort == LIST:
            self.count = z3.Int(f"{name} count")
            self.values = [z3.String(f"{name} {i}") for i in range(bound)]
            self.rules = [self.count >= 0, self.count <= bound, self.present == (self.count > 0)]
        elif self.sort == IP:
            self.v6, self.value = z3.Bool(f"{name} v6"), z3.Int(name)
            self.rules = [self.value >= 0, self.value < z3.If(self.v6, z3.IntVal(2**128), z3.IntVal(2**32))]
        elif self.sort == BOOL:
            self.value = z3.Bool(name)
        elif self.sort in (NUMBER, DATE):
            self.value = z3.Int(name)
        else:
            self.value = z3.String(name)

    def texts(self):
        return self.values if self.sort == LIST else [self.value] if self.sort in (STRING, ARN) else []

    def matches(self, base, pattern, value):
        if base.startswith("String"):
            if base.endswith("IgnoreCase"):
                return z3.InRe(value, folded_re(pattern))
            return z3.InRe(value, glob_re(pattern)) if base.endswith("Like") else value == z3.StringVal(pattern)
        if base.startswith("Arn"):
            return z3.InRe(value, arn_re(pattern))
        if base.startswith("Numeric"):
            return compare(base, value, z3.IntVal(hundredths(pattern)))
        if base.startswith("Date"):
            return compare(base, value, z3.IntVal(moment(pattern)))
        if base == "Bool":
            return value == z3.BoolVal(pattern == "true")
        network = ipaddress.ip_network(pattern, strict=False)
        first, last = int(network.network_address), int(network.broadcast_address)
        return z3.And(self.v6 == z3.BoolVal(network.version == 6), value >= first, value <= last)

    def condition(self, operator, patterns):
        quantifier, base, if_exists = split_operator(operator)
        if base == "Null":
            return z3.Not(self.present) if patterns[0] == "true" else self.present

        def one(value):
            some = z3.Or([self.matches(base, p, value) for p in patterns])
            return z3.Not(some) if is_negated(base) else some

        if self.sort == LIST:
            there = [(self.count > i, v) for i, v in enumerate(self.values)]
        else:
            there = [(self.present, self.value)]
        if quantifier == "ForAllValues":
            return z3.And([z3.Implies(is_there, one(v)) for is_there, v in there])
        if quantifier == "ForAnyValue":
            some = z3.Or([z3.And(is_there, one(v)) for is_there, v in there])
            return z3.Or(z3.Not(self.present), some) if if_exists else some
        absent = z3.BoolVal(if_exists or is_negated(base))
        return z3.If(self.present, z3.BoolVal(False) if self.sort == LIST else one(self.value), absent)

    def read(self, model):
        """The key's value in a model; None when it is absent."""
        def of(expression):
            return model.eval(expression, model_completion=True)

        if not z3.is_true(of(self.present)):
            return None
        if self.sort == LIST:
            return [of(v).as_string() for v in self.values[:of(self.count).as_long()]]
        value = of(self.value)
        if self.sort == BOOL:
            return "true" if z3.is_true(value) else "false"
        if self.sort == NUMBER:
            number = value.as_long()
            return f"{'-' if number < 0 else ''}{abs(number) // 100}.{abs(number) % 100:02}"
        if self.sort == DATE:
            return str(value.as_long())
        if self.sort == IP:
            kind = ipaddress.IPv6Address if z3.is_true(of(self.v6)) else ipaddress.IPv4Address
            return str(kind(value.as_long()))
        return value.as_string()


class Question:
    """Is there a request that the new policy allows and the old one does not?"""

    def __init__(self, catalogue, old, new, milliseconds):
        self.catalogue, self.old, self.new, self.milliseconds = catalogue, old, new, milliseconds
        conditions = [(operator, key) for policy in (old, new) for s in policy["Statement"]
                      for operator, keys in s.get("Condition", {}).items() for key in keys]
        names = sorted({key for _, key in conditions})
        # Each condition that wants some element can be served by an element of its own.
        bound = max(3, sum(KEYS[key][0] == LIST for _, key in conditions))
        self.keys = {name: Key(name, bound) for name in names}
        self.resource = z3.String("resource")
        patterns = sorted({p.lower() for policy in (old, new) for s in policy["Statement"]
                           for name in ("Action", "NotAction") for p in as_list(s.get(name, []))})
        # Actions that the policies do not tell apart are one to the solver.
        self.classes = {}
        for action in catalogue.actions:
            self.classes.setdefault(tuple(catalogue.fits(p, action) for p in patterns), []).append(action)
        self.patterns = {p: i for i, p in enumerate(patterns)}

    def statement(self, statement, fits):
        def named(name, one):
            some = z3.Or([one(p) for p in as_list(statement.get(name, statement.get("Not" + name)))])
            return some if name in statement else z3.Not(some)

        parts = [named("Action", lambda p: z3.BoolVal(fits[self.patterns[p.lower()]])),
                 named("Resource", lambda p: z3.InRe(self.resource, glob_re(p)))]
        for operator, keys in statement.get("Condition", {}).items():
            parts += [self.keys[key].condition(operator, as_list(patterns)) for key, patterns in keys.items()]
        return z3.And(parts)

    def allowed(self, policy, fits):
        of = {effect: z3.Or([self.statement(s, fits) for s in policy["Statement"] if s["Effect"] == effect])
              for effect in ("Allow", "Deny")}
        return z3.And(of["Allow"], z3.Not(of["Deny"]))

    def ask(self, fits, *more):
        solver = z3.Solver()
        solver.set("timeout", self.milliseconds)
        solver.set("random_seed", 7)
        solver.add(self.allowed(self.new, fits), z3.Not(self.allowed(self.old, fits)), *more)
        for key in self.keys.values():
            solver.add(*key.rules)
        return solver.check(), solver

    def answer(self):
        """PASS, FAIL with a request, or None."""
        sure = True
        for fits, actions in self.classes.items():
            found, _ = self.ask(fits)
            sure = sure and found == z3.unsat
            if found == z3.sat:
                asked = (self.real(fits, action) for action in self.catalogue.some(actions))
                request = self.guess(actions) or next(filter(None, asked), None)
                if request:
                    return "FAIL", request
        return ("PASS", None) if sure else None

    def guess(self, actions):
        """A request that looks real, by luck: where there is one, that is often quicker than asking."""
        rng = random.Random(1)
        for action in self.catalogue.some(actions):
            for _ in range(300):
                request = random_request(rng, self.old, self.new, action)
                if self.catalogue.is_real(request) and contradicts(self.old, self.new, request):
                    return request
        return None

    def real(self, fits, action):
        """A request that looks real."""
        printable = z3.Plus(z3.Range("!", "~"))
        more = [z3.InRe(text, printable) for key in self.keys.values() for text in key.texts()]
        more += [z3.InRe(key.value, arn_re("arn:aws:*:*:*:?*")) for key in self.keys.values() if key.sort == ARN]
        more += [z3.And(key.value >= 0, key.value < 4102444800) for key in self.keys.values() if key.sort == DATE]
        more += [z3.Length(text) <= 40 for key in self.keys.values() for text in key.texts()]
        for shape in self.catalogue.shapes(action):
            found, solver = self.ask(fits, z3.InRe(self.resource, shape), z3.Length(self.resource) <= 90, *more)
            if found == z3.sat:
                model = solver.model()
                context = {name: key.read(model) for name, key in self.keys.items()}
                return {"action": action, "resource": model.eval(self.resource, model_completion=True).as_string(),
                        "context": {name: value for name, value in context.items() if value is not None}}
        return None


class Catalogue:
    """Actions, and the ARNs of the resources they work on."""

    def __init__(self, palisade):
        def read(*what):
            command = [palisade, "catalog", *what, "--format", "json"]
            return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)

        self.types = {a["action"]: a["resource_types"] for a in read("actions", "*")}
        self.actions = sorted(self.types)
        self.arns = {(t["service"], t["resource_type"]): t["arn"] for t in read("resource", "*")}
        self.known = {}

    def fits(self, pattern, action):
        if (pattern, action) not in self.known:
            expression = re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".")
            for name in self.actions:
                self.known[pattern, name] = re.fullmatch(expression, name.lower()) is not None
        return self.known[pattern, action]

    def some(self, actions):
        """A few of many, those that policies name first."""
        return sorted(actions, key=lambda a: (a not in ACTIONS, a.split(":")[0] not in RESOURCES, a))[:4]

    def arns_of(self, action):
        service = action.split(":")[0]
        return [self.arns[service, t] for t in self.types[action] if (service, t) in self.arns]

    def is_real(self, request):
        """Whether the action has such resources, and no value is empty."""
        known = {"Partition": "aws", "Region": "us-east-1", "Account": "111122223333", "ObjectName": "[a-z0-9/-]+"}

        def shape(arn):
            parts = enumerate(re.split(r"\$\{(\w+)\}", arn))
            return "".join(known.get(p, "[a-z0-9-]+") if i % 2 else re.escape(p) for i, p in parts)

        shapes = [shape(arn) for arn in self.arns_of(request["action"])] or [r"\*"]
        filled = all(v for value in request["context"].values() for v in as_list(value))
        return filled and any(re.fullmatch(shape, request["resource"]) for shape in shapes)

    def shapes(self, action):
        """Regular expressions of the resources of an action."""
        known = {"Partition": z3.Re("aws"), "Region": z3.Re("us-east-1"), "Account": z3.Re("111122223333")}
        name = z3.Plus(z3.Union(z3.Range("a", "z"), z3.Range("0", "9"), z3.Re("-")))
        out = []
        for arn in self.arns_of(action)[:3]:
            parts = re.split(r"\$\{(\w+)\}", arn)
            out.append(sequence(z3.Re(p) if i % 2 == 0 else known.get(p, name) for i, p in enumerate(parts) if i % 2 or p))
        return out or [z3.Re("*")]


# --------------------------------------------------------------------------------------------------------------------
# Random policies.

def some(rng, pool, most):
    return rng.sample(pool, min(len(pool), rng.randint(1, most)))


def one_or_many(values):
    return values[0] if len(values) == 1 else values


def random_condition(rng):
    key = rng.choice(list(KEYS))
    sort, pool = KEYS[key]
    if rng.random() < 0.12:
        return "Null", key, rng.choice(["true", "false"])
    operator = rng.choice(OPERATORS[STRING if sort == LIST else sort])
    values = some(rng, pool, 1 if sort == BOOL else 3)
    if sort in (STRING, LIST) and not operator.endswith("Like") and rng.random() < 0.8:
        values = [v for v in values if "*" not in v and "?" not in v] or [pool[0]]
    draw = rng.random()
    if sort == LIST:
        operator = ("" if draw < 0.15 else "ForAnyValue:" if draw < 0.6 else "ForAllValues:") + operator
    elif draw < 0.1:
        operator = rng.choice(["ForAnyValue:", "ForAllValues:"]) + operator
    if rng.random() < 0.2:
        operator += "IfExists"
    return operator, key, one_or_many(values)


def add_condition(rng, statement):
    operator, key, values = random_condition(rng)
    statement.setdefault("Condition", {}).setdefault(operator, {})[key] = values


def random_statement(rng, effect):
    service = rng.choice(list(RESOURCES))
    fitting = [a for a in ACTIONS if a.lower().startswith((service, "*"))]
    statement = {"Effect": effect}
    statement["NotAction" if rng.random() < 0.12 else "Action"] = one_or_many(some(rng, fitting, 3))
    if rng.random() < 0.1:
        statement["NotResource"] = one_or_many(some(rng, RESOURCES[service][1:], 2))
    else:
        statement["Resource"] = one_or_many(some(rng, RESOURCES[service], 2))
    for _ in range(rng.choices([0, 1, 2], [4, 5, 2])[0]):
        add_condition(rng, statement)
    return statement


def random_policy(rng):
    count = rng.choices([1, 2, 3], [3, 4, 2])[0]
    effects = ["Allow"] + ["Deny" if rng.random() < 0.35 else "Allow" for _ in range(count - 1)]
    return {"Version": "2012-10-17", "Statement": [random_statement(rng, e) for e in effects]}


def lists_of(statement):
    """Names of elements with a list, and conditions with their operators."""
    elements = [(statement, name) for name in ("Action", "NotAction", "Resource", "NotResource") if name in statement]
    conditions = [(keys, key, operator) for operator, keys in statement.get("Condition", {}).items() for key in keys]
    return elements, conditions


NARROWER = {"s3:*": ["s3:Get*", "s3:PutObject"], "s3:Get*": ["s3:GetObject", "s3:GetObjectAcl"], "*": ["s3:*", "sqs:*"],
            "s3:*Object": ["s3:PutObject"], "sqs:*": ["sqs:*Message"], "dynamodb:*": ["dynamodb:*Item", "dynamodb:Query"],
            "dynamodb:*Item": ["dynamodb:PutItem"], "sqs:*Message": ["sqs:SendMessage"]}


def narrow(rng, policy):
    """A change that mostly takes access away."""
    statements = policy["Statement"]
    statement = rng.choice(statements)
    elements, conditions = lists_of(statement)
    way = rng.randrange(9)
    if way == 0 and len(statements) > 1 and statement["Effect"] == "Allow":
        statements.remove(statement)
    elif way == 1:
        statements.append(random_statement(rng, "Deny"))
    elif way == 2 and statement["Effect"] == "Allow":
        add_condition(rng, statement)
    elif way == 3:
        holder, name = rng.choice(elements)
        values = as_list(holder[name])
        if len(values) > 1 and (statement["Effect"] == "Allow") != name.startswith("Not"):
            holder[name] = one_or_many(rng.sample(values, len(values) - 1))
    elif way == 4 and "Action" in statement and statement["Effect"] == "Allow":
        values = as_list(statement["Action"])
        statement["Action"] = one_or_many([rng.choice(NARROWER.get(v, [v])) for v in values])
    elif way == 5:
        split(rng, policy, statement)
    elif way == 6 and conditions:
        keys, key, operator = rng.choice(conditions)
        values = as_list(keys[key])
        if is_negated(operator) == (statement["Effect"] == "Allow") and not operator.startswith("Null"):
            keys[key] = one_or_many(sorted({*values, rng.choice(KEYS[key][1])}))
        elif len(values) > 1:
            keys[key] = one_or_many(values[1:])
    elif way == 7 and conditions and statement["Effect"] == "Deny":
        keys, key, _ = rng.choice(conditions)
        drop(statement, key)
    else:
        rng.shuffle(statements)
        statement["Sid"] = f"S{rng.randrange(100)}"


def drop(statement, key):
    statement["Condition"] = {o: {k: v for k, v in keys.items() if k != key} for o, keys in statement["Condition"].items()}
    statement["Condition"] = {o: keys for o, keys in statement["Condition"].items() if keys}
    if not statement["Condition"]:
        del statement["Condition"]


def split(rng, policy, statement):
    """Two statements for one with a list; or the same said with a Deny."""
    name = rng.choice(["Action", "Resource"])
    values = as_list(statement.get(name, []))
    if len(values) > 1:
        other = copy.deepcopy(statement)
        statement[name], other[name] = values[0], one_or_many(values[1:])
        policy["Statement"].append(other)
    elif "NotAction" in statement and statement["Effect"] == "Allow" and "Condition" not in statement:
        # Alone this means the same: allow all, deny what was excepted.
        excepted = statement.pop("NotAction")
        statement["Action"] = "*"
        policy["Statement"].append({"Effect": "Deny", "Action": excepted, "Resource": "*"})


def widen(rng, policy):
    """A change that mostly gives access."""
    statement = rng.choice(policy["Statement"])
    elements, conditions = lists_of(statement)
    way = rng.randrange(7)
    if way == 0:
        denies = [s for s in policy["Statement"] if s["Effect"] == "Deny"]
        if denies:
            policy["Statement"].remove(rng.choice(denies))
    elif way == 1:
        policy["Statement"].append(random_statement(rng, "Allow"))
    elif way == 2 and conditions:
        keys, key, operator = rng.choice(conditions)
        if not operator.endswith("IfExists") and operator != "Null":
            value = keys[key]
            drop(statement, key)
            statement.setdefault("Condition", {}).setdefault(operator + "IfExists", {})[key] = value
    elif way == 3 and conditions:
        drop(statement, rng.choice(conditions)[1])
    elif way == 4 and conditions:
        keys, key, operator = rng.choice(conditions)
        if operator != "Null":
            keys[key] = one_or_many(sorted({*as_list(keys[key]), rng.choice(KEYS[key][1])}))
    elif way == 5:
        holder, name = rng.choice(elements)
        pool = ACTIONS if "Action" in name else [r for all_of in RESOURCES.values() for r in all_of]
        holder[name] = one_or_many(list(dict.fromkeys([*as_list(holder[name]), rng.choice(pool)])))
    else:
        statement["Effect"] = "Allow"


def random_pair(rng, wider):
    old = random_policy(rng)
    new = copy.deepcopy(old)
    for _ in range(rng.randint(0, 2) if wider else rng.randint(1, 3)):
        narrow(rng, new)
    for _ in range(rng.randint(1, 2) if wider else rng.random() < 0.3):
        widen(rng, new)
    if rng.random() < 0.06:
        new = random_policy(rng)
    return old, new


# --------------------------------------------------------------------------------------------------------------------

FILLINGS = ["", "a", "x", "a:b", "logs/x", "us-east-1", "111122223333"]


def random_request(rng, old, new, action):
    """A request made from the texts of two policies."""
    statements = old["Statement"] + new["Statement"]

    def instance(pattern):
        return re.sub(r"[*?]", lambda m: rng.choice("aogx/" if m[0] == "?" else FILLINGS), pattern)

    resources = [r for s in statements for name in ("Resource", "NotResource") for r in as_list(s.get(name, []))]
    resource = rng.choice(resources)
    if resource == "*" or rng.random() < 0.2:
        resource = rng.choice(RESOURCES.get(action.split(":")[0], ["*"]))
    context = {}
    for key in sorted({key for s in statements for keys in s.get("Condition", {}).values() for key in keys}):
        sort, pool = KEYS[key]
        values = [instance(v).split("/")[0] if sort == IP else instance(v) for v in pool]
        values += {NUMBER: ["10.01", "0", "-6"], DATE: ["1", "1782820801"], IP: ["10.1.2.3", "8.8.8.8", "::1"]}.get(sort, [])
        values += ["zz", "BLUE"] if sort in (STRING, LIST) else []
        if rng.random() < 0.75:
            context[key] = rng.sample(values, rng.randint(1, 3)) if sort == LIST else rng.choice(values)
    return {"action": action, "resource": resource if resource == "*" else instance(resource), "context": context}


def contradicts(old, new, request):
    return allows(new, request) and not allows(old, request)


def meaning(policy):
    """The policy without names and without the order of its statements."""
    return tuple(sorted(json.dumps({k: v for k, v in s.items() if k != "Sid"}, sort_keys=True) for s in policy["Statement"]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--palisade", default="target/debug/palisade")
    parser.add_argument("--pairs", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--milliseconds", type=int, default=700, help="for one question to z3")
    args = parser.parse_args()
    rng, catalogue = random.Random(args.seed), Catalogue(args.palisade)
    counts, seen, number = {"PASS": 0, "FAIL": 0, None: 0}, set(), 0
    while counts["PASS"] + counts["FAIL"] < args.pairs:
        number += 1
        old, new = random_pair(rng, counts["FAIL"] < counts["PASS"])
        key = (meaning(old), meaning(new))
        if key[0] == key[1] or key in seen:
            continue
        seen.add(key)
        answer = Question(catalogue, old, new, args.milliseconds).answer()
        verdict, request = answer or (None, None)
        if verdict and counts[verdict] * 20 > args.pairs * 11:
            continue
        counts[verdict] += 1
        if verdict == "FAIL" and not contradicts(old, new, request):
            sys.exit(f"pair {number}: z3 and the evaluator differ over {request}\n{json.dumps(old)}\n{json.dumps(new)}")
        tries, actions = random.Random(number), [a for a in ACTIONS if a in catalogue.types] + ["ec2:RunInstances"]
        for request in (random_request(tries, old, new, tries.choice(actions)) for _ in range(400 if verdict == "PASS" else 0)):
            if contradicts(old, new, request):
                sys.exit(f"pair {number}: z3 says PASS, but {request}\n{json.dumps(old)}\n{json.dumps(new)}")
        if verdict:
            line = {"id": f"{args.seed}-{number}", "old": old, "new": new, "verdict": verdict}
            print(json.dumps(line, separators=(",", ":")), flush=True)
    print(f"{counts['PASS']} PASS, {counts['FAIL']} FAIL, {counts[None]} left out", file=sys.stderr)


if __name__ == "__main__":
    main()
