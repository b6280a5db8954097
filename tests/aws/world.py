"""What the scenarios share: the fake, the binary under test, and ways to look at what it wrote."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import seed

HERE = Path(__file__).parent
SEVERITIES = ["info", "low", "medium", "high", "critical"]
# What an operation needs, where the action has another name.
ACTIONS = {
    "s3:ListBuckets": "s3:ListAllMyBuckets", "s3:ListObjectsV2": "s3:ListBucket", "s3:HeadBucket": "s3:ListBucket",
    "access-analyzer:ListFindingsV2": "access-analyzer:ListFindings", "access-analyzer:GetFindingV2": "access-analyzer:GetFinding",
    "s3:GetBucketEncryption": "s3:GetEncryptionConfiguration", "s3:GetPublicAccessBlock": "s3:GetBucketPublicAccessBlock",
}
# STS tells everybody who they are.
FREE = {"sts:GetCallerIdentity"}
ENTER = ["--role-name", seed.AUDITOR, "--external-id", seed.EXTERNAL_ID]


class Failed(Exception):
    """A scenario did not come out as it must."""


class Ran:
    """A finished run of the binary."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    @property
    def text(self):
        return self.out + self.err

    def must(self, holds, what):
        if not holds:
            raise Failed(f"{what}\n$ {' '.join(map(str, self.command))}\nexit code {self.code}\n--- stdout\n{self.out[-6000:]}"
                         f"\n--- stderr\n{self.err[-6000:]}")

    def says(self, *words):
        flat = " ".join(self.text.split()).lower()
        for word in words:
            self.must(word.lower() in flat, f"it does not say `{word}`")
        return self


class World:
    def __init__(self, binary, scratch):
        self.binary, self.scratch, self.used = Path(binary).resolve(), Path(scratch), 0
        self.process = subprocess.Popen([sys.executable, HERE / "front.py"], stdout=subprocess.PIPE, text=True)
        self.endpoint = self.process.stdout.readline().strip()
        self.seed = seed.Seed(self.endpoint)

    def close(self):
        self.process.kill()
        self.process.wait()

    # --- the fake ----------------------------------------------------------------------------------------------------

    def calm(self):
        """No faults, an empty log, and the state as it was seeded."""
        self.forget()
        self.state(aggregators=[{"name": "organization", "region": seed.REGION}], unrecorded=[], excluded=[], stale=[], closed=[], page=25)

    def forget(self):
        seed.control(self.endpoint, "forget", method="POST")

    def state(self, **parts):
        seed.control(self.endpoint, "state", parts)

    def faults(self, *faults):
        seed.control(self.endpoint, "faults", list(faults))

    def log(self):
        return seed.control(self.endpoint, "log", method="GET")

    def stats(self):
        return seed.control(self.endpoint, "stats", method="GET")

    # --- the binary --------------------------------------------------------------------------------------------------

    def folder(self, name):
        self.used += 1
        return self.scratch / f"{self.used:02}-{name}"

    def environment(self, **changes):
        found = {
            "PATH": os.environ["PATH"], "HOME": str(self.scratch), "AWS_ENDPOINT_URL": self.endpoint, "AWS_REGION": seed.REGION,
            "AWS_ACCESS_KEY_ID": seed.MANAGEMENT_KEY, "AWS_SECRET_ACCESS_KEY": seed.MANAGEMENT_SECRET,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "RUST_BACKTRACE": "0", **changes,
        }
        return {k: v for k, v in found.items() if v is not None}

    def run(self, *arguments, code=0, env=None, before=None):
        """Run the binary to its end; `code` is what it must end with, one or several."""
        command = [str(self.binary), *map(str, arguments)]
        try:
            done = subprocess.run(command, env=self.environment(**(env or {})), cwd=self.scratch, capture_output=True, text=True,
                                  timeout=120, preexec_fn=before, errors="replace")
        except subprocess.TimeoutExpired as late:
            out = lambda part: (part or b"").decode(errors="replace")
            raise Failed(f"it did not end\n$ {' '.join(command)}\n{out(late.stdout)}\n{out(late.stderr)}") from late
        ran = Ran(command, done.returncode, done.stdout, done.stderr)
        ran.must(ran.code in (code if isinstance(code, tuple) else (code,)), f"the exit code is {ran.code} instead of {code}")
        ran.must("panicked" not in ran.err, "it panicked")
        ran.must("\x1b" not in ran.text, "it prints an escape code that came from AWS")
        # The raw answer of a service, as a careless print of an error gives it.
        ran.must("SdkError" not in ran.text and "headers: Headers" not in ran.text and "SdkBody" not in ran.text,
                 "it prints an error's insides")
        self.no_secret(ran)
        return ran

    def fetch(self, out, *more, code=0, **how):
        return self.run("fetch", "--out", out, *more, code=code, **how)

    def secrets(self):
        return [seed.MANAGEMENT_SECRET, seed.LAMBDA_SECRET, seed.USER_DATA_SECRET, seed.SECRET_VALUE, seed.MANAGEMENT_KEY,
                *seed.control(self.endpoint, "issued", method="GET")]

    def no_secret(self, ran):
        """Neither in what it printed, nor in any file it wrote."""
        texts = {"the output": ran.text}
        if "--out" in ran.command:
            for path in sorted(Path(ran.command[ran.command.index("--out") + 1]).rglob("*")):
                if path.is_file():
                    texts[str(path)] = unpacked(path).decode(errors="replace")
        for where, text in texts.items():
            for secret in self.secrets():
                ran.must(secret not in text, f"{where} holds the secret {secret[:12]}…")

    # --- what it wrote -----------------------------------------------------------------------------------------------

    def findings(self, snapshot, *more):
        report = self.folder("report.json")
        ran = self.run("check", snapshot, "--no-config", "--format", "json", "--output", report, *more, code=(0, 1, 4))
        ran.must(report.exists(), "it wrote no report")
        return json.loads(report.read_text())["findings"]

    def judged_rightly(self, findings, leave_out=()):
        """Every flawed resource found by a rule of its kind, no sound one found at medium or above."""
        wrong = []
        for one in self.seed.expect:
            if one["name"] in leave_out:
                continue
            rules = {f["rule"] for f in findings if concerns(f, one) and SEVERITIES.index(f["severity"]) >= 2}
            if one["rules"] and not rules & set(one["rules"]):
                wrong.append(f"{one['name']} of {one['account']}: none of {one['rules']}, but {sorted(rules)}")
            # What Access Analyzer reports is told apart: it is no judgement of the policy's text.
            if not one["rules"] and any(not r.startswith("access-analyzer-") for r in rules):
                wrong.append(f"{one['name']} of {one['account']} is sound, and has {sorted(rules)}")
        if wrong:
            raise Failed("\n".join(wrong))


def concerns(finding, one):
    policy, name = finding["policy"], one["name"]
    resource = policy.get("resource") or ""
    is_named = policy.get("name") == name or resource == name or resource.endswith((f"/{name}", f":{name}"))
    return is_named and policy.get("account") in (None, one["account"])


def unpacked(path):
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def manifest(snapshot):
    return json.loads((Path(snapshot) / "manifest.json").read_text())


def states(snapshot, **where):
    return {s["state"] for s in manifest(snapshot)["sources"] if all(s.get(k) == v for k, v in where.items())}


def content(snapshot):
    """Every file by its path, as bytes, without the times that the fetch itself stamped on them."""
    out, started = {}, manifest(snapshot)["started"].encode()
    for path in sorted(Path(snapshot).rglob("*")):
        if path.is_file():
            name = str(path.relative_to(snapshot))
            out[name] = path.read_bytes()
            if name.startswith(("s3/", "secrets-manager/")):
                out[name] = unpacked(path).replace(started, b"STARTED")
            if name == "manifest.json":
                plain = manifest(snapshot)
                out[name] = json.dumps({k: v for k, v in plain.items() if k not in ("started", "finished")}, indent=1).encode()
    return out


def same(snapshot, other, apart=()):
    """Two snapshots byte for byte."""
    one, two = content(snapshot), content(other)
    for name in sorted({*one, *two} - set(apart)):
        if one.get(name) != two.get(name):
            a, b = one.get(name, b"absent"), two.get(name, b"absent")
            raise Failed(f"{name} differs between {snapshot} and {other}:\n{shown(a)}\n{shown(b)}")


def shown(data):
    return (gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)[:3000]


def is_whole(snapshot):
    """No half-written file: whatever has its final name can be read to its end."""
    for path in sorted(Path(snapshot).rglob("*")):
        if path.is_file() and ".fetch" not in path.parts:
            text = unpacked(path).decode()
            lines = text.splitlines() if ".jsonl" in path.name else [text]
            for line in lines:
                json.loads(line)
