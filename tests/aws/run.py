#!/usr/bin/env python3
"""The binary against the fake AWS: one line a scenario, and at the first thing that is wrong its command and output.

    python3 tests/aws/run.py BINARY [NAME…] [--keep FOLDER]

BINARY is palisade with the feature `aws`. Names choose scenarios by a part of their name.
"""

import argparse
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import seed
from world import ACTIONS, ENTER, FREE, Failed, World, content, is_whole, manifest, same, states, unpacked

SCENARIOS = []


def scenario(run):
    SCENARIOS.append(run)
    return run


def must(holds, what):
    if not holds:
        raise Failed(what)


def undisturbed(world):
    """A whole snapshot, made once."""
    if not hasattr(world, "whole"):
        world.calm()
        world.whole = world.folder("whole")
        world.fetch(world.whole, *ENTER)
        world.calls = len(world.log())
        must(manifest(world.whole)["complete"], "the manifest does not say that it is complete")
    world.calm()
    return world.whole


# --- before anything is asked ----------------------------------------------------------------------------------------


@scenario
def a_plan_calls_nothing(world):
    out = world.folder("plan")
    ran = world.fetch(out, "--plan", *ENTER)
    ran.says("ListAggregateDiscoveredResources", "ListAccountsForParent", "ListFindingsV2", "GetAccountAuthorizationDetails")
    ran.must(world.log() == [], "it called AWS")
    ran.must(not out.exists(), "it wrote something")


@scenario
def the_policy_holds_what_is_called(world):
    named = lambda *names: [part for name in names for part in ("--source", name)]
    lake = world.seed.ids["lake"]
    for wanted in (
        # IAM and S3 are asked of every account when Config is not, and secrets always.
        [*named("iam", "s3", "secrets-manager"), "--account", lake, *ENTER],
        named("organizations", "config", "access-analyzer"),
        [*named("config"), "--query"],
        [*named("config-snapshots"), "--config-snapshots", f"s3://{world.seed.delivery}/org"],
    ):
        world.forget()
        ran = world.fetch(world.folder("none"), "--print-policy", *wanted)
        ran.must(world.log() == [], "it called AWS")
        policy = json.loads(ran.out)
        allowed = [a.lower() for s in policy["Statement"] for a in ([s["Action"]] if isinstance(s["Action"], str) else s["Action"])]
        ran.must("*" not in allowed, "it asks for everything")
        world.fetch(world.folder("part"), *wanted)
        called = {f"{c['service']}:{c['operation']}" for c in world.log()} - FREE
        missing = [ACTIONS.get(c, c) for c in called if not any(fnmatchcase(ACTIONS.get(c, c).lower(), a) for a in allowed)]
        ran.must(called and not missing, f"the policy lacks {sorted(missing)}")
        path = world.folder("policy.json")
        path.write_text(ran.out)
        world.run("check", path, "--no-config", code=0)


# --- a fetch without faults ------------------------------------------------------------------------------------------


@scenario
def a_whole_fetch_is_judged_rightly(world):
    whole = undisturbed(world)
    world.judged_rightly(world.findings(whole))
    is_whole(whole)
    must(not (whole / ".fetch").exists(), "a complete fetch leaves its parts behind")


@scenario
def two_fetches_are_alike(world):
    whole, again = undisturbed(world), world.folder("again")
    world.fetch(again, *ENTER)
    same(whole, again)


@scenario
def a_query_gives_the_same_policies(world):
    whole, out = undisturbed(world), world.folder("query")
    world.fetch(out, *ENTER, "--query")
    asked = {c["operation"] for c in world.log()}
    must("SelectAggregateResourceConfig" in asked and "BatchGetAggregateResourceConfig" not in asked, f"it called {sorted(asked)}")
    key = lambda found: sorted((f["rule"], f["policy"]["resource"] or f["policy"]["name"], f["fingerprint"]) for f in found)
    must(key(world.findings(whole)) == key(world.findings(out)), "the findings differ")


@scenario
def files_of_config_in_s3_are_read(world):
    out = world.folder("delivered")
    world.fetch(out, "--source", "organizations", "--source", "config-snapshots", "--config-snapshots", f"s3://{world.seed.delivery}/org")
    # What moto has no type for is not in the files, nor what only Secrets Manager tells.
    world.judged_rightly(world.findings(out), leave_out=[world.seed.partner])


@scenario
def secrets_in_items_are_left_out(world):
    """That they are nowhere is looked for after every run; here, that the items were there."""
    out = world.folder("secrets")
    kinds = [part for kind in ("AWS::Lambda::Function", "AWS::EC2::Instance") for part in ("--resource-type", kind)]
    world.fetch(out, "--source", "config", *kinds)
    text = json.dumps([unpacked(p).decode() for p in out.rglob("*.jsonl.gz")])
    must("function:orders" in text and "i-0123456789abcdef0" in text, "the items are not there")


@scenario
def what_was_read_is_summed_up(world):
    world.fetch(world.folder("summary")).says("complete", "config", "organizations", "access-analyzer")
    told = json.loads(world.fetch(world.folder("summary"), "--source", "organizations", "--format", "json").out)
    must(told["complete"] is True and told["sources"], f"it tells {told}")
    quiet = world.fetch(world.folder("quiet"), "--source", "organizations", "-q")
    quiet.must(quiet.err == "", "it is not quiet")


@scenario
def calls_in_flight_are_limited(world):
    world.faults({"kind": "delay", "seconds": 0.03})
    world.fetch(world.folder("flight"), *ENTER, "--concurrency", "3")
    stats = world.stats()
    must(2 <= stats["narrow"] <= 3, f"{stats['narrow']} calls to one service of one account were in flight, the limit is 3")
    must(stats["peak"] <= 12, f"{stats['peak']} calls were in flight at once, the limit is four times 3")


@scenario
def iam_and_s3_are_asked_where_config_lacks_an_account(world):
    trial, lake = world.seed.ids["trial"], world.seed.ids["lake"]
    world.state(unrecorded=[trial, lake])
    alone = world.folder("unrecorded")
    world.fetch(alone, code=4).says(trial)
    must("not-recorded" in states(alone, account=trial), f"the manifest says {states(alone, account=trial)} of {trial}")
    entered = world.folder("entered")
    world.fetch(entered, *ENTER, code=(0, 4))
    # Keys, queues and topics are in Config alone; in which other regions to look for secrets only Config tells.
    lost = [e["name"] for e in world.seed.expect if e["account"] == lake and not e["name"].startswith("lake-") or e["name"] == "lake-events"]
    world.judged_rightly(world.findings(entered), leave_out=set(lost) - {world.seed.warehouse})
    must((entered / "iam" / f"{trial}.json.gz").exists(), "IAM was not asked")
    must((entered / "s3" / f"{lake}.jsonl.gz").exists(), "S3 was not asked")


@scenario
def policies_of_secrets_come_from_their_own_service(world):
    whole = undisturbed(world)
    _, report = audit(world, whole, world.folder("history.sqlite"), code=1)
    told = {}
    for found in report["findings"]:
        told.setdefault(found["policy"]["resource"], []).append((found["rule"], found["location"]["file"].split("/")[-2]))
    must(told.get(world.seed.partner) == [("secret-open-to-foreign-root", "secrets-manager")], f"of the partner's secret: {told.get(world.seed.partner)}")
    # Config tells this policy as well, by itself.
    everybody = [rule for rule, _ in told.get(world.seed.warehouse, []) if rule == "resource-policy-open-to-everyone"]
    must(len(everybody) == 1, f"of the open secret: {told.get(world.seed.warehouse)}")
    alone = world.folder("alone")
    world.fetch(alone, *ENTER, "--source", "secrets-manager", "--region", seed.SECOND, "--account", world.seed.ids["lake"])
    called = Counter(c["operation"] for c in world.log() if c["service"] == "secretsmanager")
    must(called == {"ListSecrets": 1, "GetResourcePolicy": 2}, f"it called {called}")


@scenario
def a_region_denied_to_secrets_is_told_and_resumed(world):
    whole, out, lake = undisturbed(world), world.folder("secrets-denied"), world.seed.ids["lake"]
    world.faults({"kind": "deny", "service": "secretsmanager", "account": lake, "region": seed.SECOND},
                 {"kind": "deny", "service": "secretsmanager", "operation": "GetResourcePolicy", "holding": "shop/07"},
                 {"kind": "empty-page", "service": "secretsmanager", "share": 0.5})
    world.fetch(out, *ENTER, code=4).says(lake, seed.SECOND, "denied", "shop/07", "--resume")
    must(states(out, source="secrets-manager", account=lake, region=seed.SECOND) == {"denied"}, "the manifest does not say denied")
    must(states(out, source="secrets-manager", account=lake, region=seed.REGION) == {"complete"}, "the other region was not read")
    world.run("check", out, "--no-config", code=1).says("run incomplete", f"secrets-manager of {lake} in {seed.SECOND} was denied")
    world.forget()
    world.fetch(out, *ENTER, "--resume")
    again = [(c["operation"], c["account"], c["region"]) for c in world.log() if c["service"] == "secretsmanager"]
    shop = ("GetResourcePolicy", world.seed.ids["shop"], seed.REGION)
    must(set(again) == {("ListSecrets", lake, seed.SECOND), ("GetResourcePolicy", lake, seed.SECOND), shop}, f"it asked again: {again}")
    must(len(again) == 4, f"it asked again: {again}")
    same(whole, out)


@scenario
def a_region_that_is_not_enabled_holds_no_secrets(world):
    closed = [{"account": world.seed.ids[name], "region": "me-south-1"} for name in ("shop", "lake")]
    world.state(closed=closed)
    out = world.folder("closed")
    world.fetch(out, *ENTER, "--source", "secrets-manager", "--source", "organizations", "--region", "me-south-1", "--region", seed.SECOND)
    reasons = [s["reason"] for s in manifest(out)["sources"] if s["source"] == "secrets-manager" and s["region"] == "me-south-1"]
    must(len(reasons) == 7 and sum("not available" in (r or "") for r in reasons) == 2, f"the manifest says {reasons}")
    # Config tells of this region: something is wrong with the credentials then.
    world.state(closed=[{"account": world.seed.ids["lake"], "region": seed.SECOND}])
    world.fetch(world.folder("told"), *ENTER, code=4).says("UnrecognizedClientException")


@scenario
def identities_come_from_iam_where_a_recorder_leaves_them_out(world):
    trial = world.seed.ids["trial"]
    world.state(excluded=[{"account": trial, "kind": f"AWS::IAM::{kind}"} for kind in ("User", "Group")])
    out = world.folder("left-out")
    world.fetch(out, *ENTER, code=(0, 4))
    found = world.findings(out)
    world.judged_rightly(found)
    roles = Counter(f["fingerprint"] for f in found)
    must(max(roles.values()) == 1, f"findings are told twice: {roles.most_common(3)}")


@scenario
def a_stale_source_is_told(world):
    lake = world.seed.ids["lake"]
    world.state(stale=[{"account": lake, "region": seed.SECOND}])
    out = world.folder("stale")
    world.fetch(out, *ENTER, code=4).says(lake)
    must("stale" in states(out, account=lake), f"the manifest says {states(out, account=lake)} of {lake}")
    world.judged_rightly(world.findings(out))


# --- faults ----------------------------------------------------------------------------------------------------------


@scenario
def throttling_of_a_third_is_borne(world):
    whole, out = undisturbed(world), world.folder("throttled")
    world.faults({"kind": "throttle", "share": 0.3})
    # By default a call has eight attempts, and of hundreds one may have bad luck with all of them.
    world.fetch(out, *ENTER, "--max-attempts", "14")
    hits = sum(c["status"] >= 400 for c in world.log())
    must(hits > 0.2 * len(world.log()), "it was not throttled")
    same(whole, out)


@scenario
def throttling_without_end_is_told_and_resumed(world):
    whole, out = undisturbed(world), world.folder("throttled-out")
    world.faults({"kind": "throttle", "operation": "ListFindingsV2"})
    world.fetch(out, *ENTER, "--max-attempts", "2", code=4).says("throttled")
    must("throttled" in states(out, source="access-analyzer"), "the manifest does not say throttled")
    world.forget()
    world.fetch(out, *ENTER, "--max-attempts", "2", "--resume")
    same(whole, out)


@scenario
def one_denied_account_does_not_stop_the_others(world):
    trial, shop = world.seed.ids["trial"], world.seed.ids["shop"]
    sources = ["--source", "organizations", "--source", "iam"]
    whole = world.folder("allowed")
    world.fetch(whole, *ENTER, *sources)
    world.forget()
    world.faults({"kind": "deny", "account": trial})
    out = world.folder("denied")
    world.fetch(out, *ENTER, *sources, code=4).says(trial, "denied")
    must("denied" in states(out, account=trial), f"the manifest says {states(out, account=trial)} of {trial}")
    must(states(out, account=shop, source="iam") == {"complete"}, f"the manifest says {states(out, account=shop)} of {shop}")
    must((out / "iam" / f"{shop}.json.gz").exists(), "the others were not asked")
    world.forget()
    world.fetch(out, *ENTER, *sources, "--resume")
    again = Counter(c["account"] for c in world.log() if c["operation"] == "GetAccountAuthorizationDetails")
    must(set(again) == {trial}, f"it asked again: {again}")
    same(whole, out)


@scenario
def everything_at_once_loses_nothing(world):
    trial, whole, out = world.seed.ids["trial"], world.folder("calm"), world.folder("stormy")
    world.state(unrecorded=[trial])
    world.fetch(whole, *ENTER, code=(0, 4))
    world.forget()
    world.faults({"kind": "deny", "account": trial}, {"kind": "cut", "operation": "BatchGet*", "bytes": 300, "skip": 2, "times": 1},
                 {"kind": "short", "operation": "ListFindingsV2", "bytes": 30, "times": 1}, {"kind": "throttle", "share": 0.3})
    world.fetch(out, *ENTER, code=4).says(trial, "denied", "--resume")
    world.forget()
    world.fetch(out, *ENTER, "--resume", code=(0, 4))
    same(whole, out)


@scenario
def cut_answers_are_asked_for_again(world):
    whole, out = undisturbed(world), world.folder("cut")
    world.faults({"kind": "cut", "operation": "BatchGet*", "bytes": 300, "times": 1},
                 {"kind": "cut", "operation": "ListAccountsForParent", "bytes": 20, "times": 1})
    world.fetch(out, *ENTER)
    same(whole, out)


@scenario
def an_answer_that_is_always_cut_is_told(world):
    findings = ["--source", "access-analyzer", "--max-attempts", "1"]
    whole, out = world.folder("findings"), world.folder("always-cut")
    world.fetch(whole, *findings)
    world.faults({"kind": "short", "operation": "ListFindingsV2", "holding": "analyzer/internal", "bytes": 100})
    world.fetch(out, *findings, code=4)
    must(states(out, source="access-analyzer") == {"complete", "failed"}, f"the manifest says {states(out, source='access-analyzer')}")
    world.forget()
    world.fetch(out, *findings, "--resume")
    same(whole, out)


@scenario
def config_that_answers_later_leaves_nothing_of_iam_behind(world):
    whole, out = undisturbed(world), world.folder("later")
    world.faults({"kind": "deny", "service": "config", "operation": "ListAggregate*"})
    world.fetch(out, *ENTER, code=4)
    world.forget()
    world.fetch(out, *ENTER, "--resume")
    same(whole, out)


@scenario
def a_web_page_instead_of_an_answer_is_told(world):
    out = world.folder("html")
    world.faults({"kind": "html", "operation": "ListAnalyzers"})
    ran = world.fetch(out, "--source", "access-analyzer", "--max-attempts", "2", code=4)
    ran.must("doctype" not in ran.text, "it prints the web page")


@scenario
def empty_pages_with_a_token_are_followed(world):
    whole, out = undisturbed(world), world.folder("empty-pages")
    world.faults({"kind": "empty-page", "share": 0.4})
    world.fetch(out, *ENTER)
    same(whole, out)


@scenario
def a_token_that_repeats_ends(world):
    for source, operation in (("config", "ListAggregateDiscoveredResources"), ("organizations", "ListPolicies"), ("iam", "*"),
                              ("access-analyzer", "ListFindingsV2"), ("secrets-manager", "ListSecrets")):
        world.forget()
        world.faults({"kind": "same-token", "service": source.replace("secrets-manager", "secretsmanager"), "operation": operation})
        world.fetch(world.folder("same-token"), *ENTER, "--source", source, "--account", world.seed.ids["shop"], code=4)
        must(len(world.log()) < 1500, f"it asked {len(world.log())} times")


@scenario
def undone_keys_of_a_batch_are_asked_for_again(world):
    whole, out = undisturbed(world), world.folder("undone")
    world.faults({"kind": "unprocessed", "operation": "BatchGet*", "count": 3, "times": 2})
    world.fetch(out, *ENTER)
    same(whole, out)
    world.faults({"kind": "unprocessed", "operation": "BatchGet*", "count": 1})
    never = world.folder("never-done")
    world.fetch(never, "--source", "config", "--resource-type", "AWS::IAM::Role", "--resource-type", "AWS::IAM::Policy", code=4)
    must(states(never, source="config") - {"complete"}, "the manifest says that all is complete")


@scenario
def a_token_that_expires_in_between_is_resumed(world):
    whole, out = undisturbed(world), world.folder("expires")
    world.faults({"kind": "expired", "skip": world.calls // 2})
    world.fetch(out, *ENTER, code=4).says("expired")
    world.forget()
    world.fetch(out, *ENTER, "--resume")
    must(len(world.log()) < 0.8 * world.calls, f"it called {len(world.log())} times of {world.calls} again")
    same(whole, out)


# --- interrupted -----------------------------------------------------------------------------------------------------


@scenario
def a_killed_fetch_is_resumed(world):
    whole = undisturbed(world)
    for share in (0.25, 0.8):
        out = world.folder("killed")
        world.forget()
        world.faults({"kind": "delay", "seconds": 0.05})
        command = [world.binary, "fetch", "--out", out, *ENTER, "--concurrency", "2"]
        process = subprocess.Popen(command, env=world.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while process.poll() is None and world.stats()["calls"] < share * world.calls:
            time.sleep(0.01)
        must(process.poll() is None, f"it ended before {share} of its calls")
        # What was answered half a second ago is on disk; what is on its way may be asked once more.
        settled = time.time() - 0.5
        process.send_signal(signal.SIGKILL)
        process.wait()
        time.sleep(0.2)
        first = [c for c in world.log() if c["status"] == 200 and c["service"] != "sts"]
        must(not (out / "manifest.json").exists() or not manifest(out)["complete"], "the manifest says that it is complete")
        world.run("check", out, "--no-config", code=(1, 2, 3, 4))
        world.forget()
        world.fetch(out, *ENTER, "--resume")
        done = {c["digest"] for c in first if c["ended"] < settled}
        again = [f"{c['service']}:{c['operation']} {c['arguments']}" for c in world.log() if c["digest"] in done]
        must(not again, f"killed at {share}, {len(again)} of {len(done)} calls were repeated:\n" + "\n".join(again[:40]))
        must(share < 0.5 or len(done) > 0.2 * world.calls, f"only {len(done)} calls were done long enough to be looked at")
        same(whole, out)


@scenario
def a_fetch_killed_while_it_tidies_up(world):
    whole, out = undisturbed(world), world.folder("tidying")
    process = subprocess.Popen([world.binary, "fetch", "--out", out, *ENTER], env=world.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (out / "manifest.json").exists():
        pass
    process.send_signal(signal.SIGKILL)
    process.wait()
    if (out / ".fetch").exists():
        world.fetch(out, *ENTER, "--resume")
    same(whole, out)
    (out / ".manifest.json.1.tmp").write_text("half")
    world.fetch(out, *ENTER)
    same(whole, out)


@scenario
def a_second_fetch_into_the_same_folder_is_refused(world):
    whole, out = undisturbed(world), world.folder("twice")
    world.faults({"kind": "delay", "seconds": 0.05})
    process = subprocess.Popen([world.binary, "fetch", "--out", out, *ENTER], env=world.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None and not (out / ".fetch" / "run.json").exists():
        time.sleep(0.01)
    must(process.poll() is None, "it ended before anybody else could begin")
    for more in ([], ["--resume"]):
        world.fetch(out, *ENTER, *more, code=2).says(f"process {process.pid}, since ").says("wait until it has ended")
    must(process.wait() == 0, "the first was disturbed")
    same(whole, out)
    must(not (out / ".fetch").exists(), "something of its work is left")


@scenario
def a_resumed_fetch_must_be_the_same_fetch(world):
    out = world.folder("other")
    world.faults({"kind": "deny", "operation": "ListFindingsV2"})
    world.fetch(out, *ENTER, code=4)
    world.calm()
    world.state(aggregators=[{"name": n, "region": seed.REGION} for n in ("organization", "other")])
    world.fetch(out, *ENTER, "--aggregator", "other", "--resume", code=2).says("aggregator")
    foreign = world.folder("foreign")
    foreign.mkdir()
    (foreign / "diary.txt").write_text("dear diary")
    world.fetch(foreign, *ENTER, code=2)
    must([p.name for p in foreign.iterdir()] == ["diary.txt"], "it wrote into a folder that is no snapshot")


@scenario
def a_full_disk_is_told_and_resumed(world):
    whole, out = undisturbed(world), world.folder("full")
    out.mkdir()
    options = ["mount", "-t", "tmpfs", "-o", "size=48k", "tmpfs", str(out)]
    if os.geteuid() == 0 and subprocess.run(options, capture_output=True).returncode == 0:
        try:
            ran = world.fetch(out, *ENTER, code=(2, 4))
            ran.must(any(w in ran.text.lower() for w in ("no space", "no storage space", "disk is full")), "it does not say that the disk is full")
            is_whole(out)
            subprocess.run(["mount", "-o", "remount,size=64m", str(out)], check=True)
            world.fetch(out, *ENTER, "--resume")
            same(whole, out)
        finally:
            subprocess.run(["umount", "-l", str(out)], check=False)
        return

    def small_files():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))
    ran = world.fetch(out, *ENTER, code=(2, 4), before=small_files)
    ran.must("file too large" in ran.text.lower() or "disk" in ran.text.lower(), "it does not say what is wrong")
    is_whole(out)
    world.fetch(out, *ENTER, "--resume")
    same(whole, out)


# --- what cannot work ------------------------------------------------------------------------------------------------


@scenario
def no_credentials(world):
    world.fetch(world.folder("x"), code=2, env={"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}).says("credentials")
    world.fetch(world.folder("x"), code=2, env={"AWS_ACCESS_KEY_ID": "AKIASTRANGER00000000"}).says("InvalidClientTokenId")


@scenario
def an_expired_token(world):
    world.faults({"kind": "expired"})
    world.fetch(world.folder("x"), code=(2, 4)).says("expired")


@scenario
def no_region(world):
    world.fetch(world.folder("x"), code=2, env={"AWS_REGION": None}).says("region")


@scenario
def the_wrong_region(world):
    out = world.folder("x")
    world.fetch(out, code=4, env={"AWS_REGION": seed.SECOND}).says("aggregator", seed.SECOND)
    must((out / "organization.json").exists(), "the other sources were not read")


@scenario
def nobody_answers(world):
    world.fetch(world.folder("x"), "--max-attempts", "1", code=(2, 4), env={"AWS_ENDPOINT_URL": "http://127.0.0.1:9"})


@scenario
def no_aggregator_or_several(world):
    world.state(aggregators=[])
    world.fetch(world.folder("x"), "--source", "config", code=(2, 4)).says("aggregator")
    world.state(aggregators=[{"name": n, "region": seed.REGION} for n in ("first-one", "second-one")])
    world.fetch(world.folder("x"), code=2).says("first-one", "second-one", "--aggregator")
    world.fetch(world.folder("x"), *ENTER, "--aggregator", "second-one")


@scenario
def no_permission(world):
    out = world.folder("x")
    world.faults({"kind": "deny", "service": "[!s]*"}, {"kind": "deny", "service": "s3"}, {"kind": "deny", "service": "secretsmanager"})
    world.fetch(out, *ENTER, code=4).says("denied")
    found = {s["state"] for s in manifest(out)["sources"]}
    must("complete" not in found and "denied" in found, f"the manifest says {found}")
    world.run("check", out, "--no-config", code=(3, 4))


@scenario
def a_member_account(world):
    keys = world.seed.sessions["trial"]
    env = {"AWS_ACCESS_KEY_ID": keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"], "AWS_SESSION_TOKEN": keys["SessionToken"]}
    world.fetch(world.folder("x"), "--source", "organizations", code=(2, 4), env=env).says("management account")


@scenario
def a_snapshot_of_a_newer_palisade(world):
    out = world.folder("newer")
    shutil.copytree(undisturbed(world), out)
    (out / "manifest.json").write_text((out / "manifest.json").read_text().replace('"palisade_snapshot":1', '"palisade_snapshot":2'))
    for command in (("check", out, "--no-config"), ("audit", out, "--no-config", "--no-history")):
        world.run(*command, code=(2, 4)).says("newer")
    before = content(out)
    world.fetch(out, *ENTER, code=2)
    must(content(out) == before, "it wrote into what a newer palisade wrote")


# --- audits ----------------------------------------------------------------------------------------------------------


def audit(world, snapshot, history, *more, code=(0, 1)):
    report = world.folder("audit.json")
    ran = world.run("audit", snapshot, "--no-config", "--history", history, "--format", "json", "--output", report, *more, code=code)
    ran.must(report.exists(), "it wrote no report")
    return ran, json.loads(report.read_text())


@scenario
def guardrails_are_proved_account_by_account(world):
    whole, found = undisturbed(world), {}
    ran = world.run("prove", "guardrail", whole, "--action", "rekognition:StopProject*", "--format", "json", code=1)
    for group in json.loads(ran.out)["guardrail"]["groups"]:
        for account in group["accounts"]:
            found[account["name"]] = group["verdict"]
    for name in ("shop", "shop-test", "delivery", "lake"):
        ran.must(found.get(name) == "PASS", f"{name} is {found.get(name)}")
    for name in ("models", "trial"):
        ran.must(found.get(name) == "FAIL", f"{name} is {found.get(name)}")


@scenario
def an_audit_points_at_what_access_analyzer_found(world):
    """Analyzers of two regions, of which the fetch names none."""
    _, report = audit(world, undisturbed(world), world.folder("history.sqlite"), code=1)
    found = report["findings"]
    world.judged_rightly(found)
    told = {(f["rule"], (f["policy"]["resource"] or "").rsplit(":", 1)[-1]) for f in found if f["rule"].startswith("access-analyzer-")}
    for rule, name in (("public-access", "lake-open"), ("public-access", "lake-open-far"), ("external-access", "role/vendor"),
                       ("unused-role", "role/idle"), ("unused-permission", "role/deployer")):
        must(any(r == f"access-analyzer-{rule}" and n == name for r, n in told), f"access-analyzer-{rule} is not told of {name}: {sorted(told)}")
    must(not any(n == "role/shop-consumer" for r, n in told if r.endswith("external-access")), "an archived finding is told")
    pointed = next(f for f in found if f["rule"] == "access-analyzer-public-access" and (f["policy"]["resource"] or "").endswith("lake-open"))
    must("access-analyzer" not in pointed["location"]["file"], f"it points at {pointed['location']['file']}")


def remark(code, *path):
    point = {"line": 1, "column": 0, "offset": 0}
    return {"findingDetails": f"Fix {code}.", "findingType": "WARNING", "issueCode": code, "learnMoreLink": "https://docs.aws.amazon.com/",
            "locations": [{"path": list(path), "span": {"start": point, "end": point}}]}


def statement(index, *rest):
    return [{"value": "Statement"}, {"index": index}, *rest]


@scenario
def a_second_opinion_is_put_together_with_ours(world):
    """Confirmed, added, not reported; and a run that does not ask, or gets no answer, resolves nothing of it."""
    whole, history = undisturbed(world), world.folder("history.sqlite")
    world.run("audit", whole, "--no-config", "--no-history", code=1)
    must(not any("ValidatePolicy" in call for call in map(json.dumps, world.log())), "it asked without being told to")
    world.state(validation={
        "iam:PassRole": [remark("PASS_ROLE_WITH_STAR_IN_RESOURCE", *statement(0, {"value": "Resource"}))],
        "lake-open-far": [remark("OF_NEXT_YEAR", *statement(0, {"value": "Principal"})), remark("REDUNDANT_ACTION", *statement(0, {"key": "Action"}))],
    })
    ran, report = audit(world, whole, history, "--online-validate", code=1)
    told = {(f["rule"], (f["policy"]["resource"] or "").rsplit("/", 1)[-1].rsplit(":", 1)[-1], f["online"]) for f in report["findings"] if "online" in f}
    ran.must(told == {
        ("pass-role-with-star-in-resource", "deployer", "confirmed"),
        ("pass-role-with-star-in-resource", "builder", "added"),
        ("of-next-year", "lake-open-far", "added"),
        ("redundant-action", "lake-open-far", "added"),
        ("wildcard-without-like-operator", report_scp(report), "not-reported"),
    }, f"told: {told}")
    added = next(f for f in report["findings"] if f["rule"] == "of-next-year")
    ran.must(added["location"]["embedded"]["pointer"] == "/Statement/0/Principal", f"it points at {added['location']}")
    summary = report["summary"]["online"]
    ran.must((summary["confirmed"], summary["added"], summary["not_reported"], summary["unanswered"]) == (1, 3, 1, 0), f"{summary}")
    asked = sum("ValidatePolicy" in call for call in map(json.dumps, world.log()))
    ran.must(summary["policies"] == asked, f"{asked} calls for {summary['policies']} policies")
    _, report = audit(world, whole, history, code=1)
    must(not report["drift"]["resolved"] and not report["drift"]["unseen"], f"nobody asked, and the drift is {report['drift']}")
    world.faults({"kind": "deny", "operation": "ValidatePolicy"})
    ran, report = audit(world, whole, history, "--online-validate", "--since-last", code=4)
    told = [i["reason"] for i in report["documents"]["incomplete"] if "no second opinion" in i["reason"]]
    ran.must(len(told) == 1 and f"{asked} policies" in told[0] and "ValidatePolicy" in told[0], f"{told}")
    ran.must(not report["drift"]["resolved"] and len(report["drift"]["unseen"]) == 3, f"no answer, and the drift is {report['drift']}")
    world.calm()
    world.state(validation={})
    ran, report = audit(world, whole, history, "--online-validate", "--since-last", code=0)
    ran.must(sorted(g["rule"] for g in report["drift"]["resolved"]) == ["of-next-year", "pass-role-with-star-in-resource", "redundant-action"], f"{report['drift']['resolved']}")


def report_scp(report):
    found = next(f for f in report["findings"] if f["rule"] == "wildcard-without-like-operator")
    return found["policy"]["resource"].rsplit("/", 1)[-1]


@scenario
def a_denied_account_resolves_nothing(world):
    trial, history = world.seed.ids["trial"], world.folder("history.sqlite")
    sources = ["--source", "organizations", "--source", "config", "--source", "iam"]
    whole, out = world.folder("all"), world.folder("without")
    world.fetch(whole, *ENTER, *sources)
    audit(world, whole, history, "--subject", "test", code=1)
    world.state(unrecorded=[trial])
    world.faults({"kind": "deny", "account": trial})
    world.fetch(out, *ENTER, *sources, code=4)
    ran, report = audit(world, out, history, "--subject", "test", "--since-last", code=4)
    ran.must(report["drift"]["resolved"] == [], "findings nobody looked for are told as resolved")
    ran.must(len(report["drift"]["unseen"]) >= 2, "it does not say what was not looked for")


@scenario
def a_corrupt_history_is_kept_aside(world):
    folder = world.folder("history")
    folder.mkdir()
    history = folder / "history.sqlite"
    history.write_bytes(b"SQLite format 3\x00" + b"rubbish" * 1000)
    kept = history.read_bytes()
    ran, _ = audit(world, undisturbed(world), history, code=1)
    aside = [p for p in folder.iterdir() if ".corrupt-" in p.name]
    ran.must(len(aside) == 1 and aside[0].read_bytes() == kept, f"the folder holds {sorted(p.name for p in folder.iterdir())}")
    ran.says("history", "kept as")


@scenario
def drift_is_exactly_what_changed(world):
    """Changes the organization, and therefore comes last."""
    history = world.folder("history.sqlite")
    audit(world, undisturbed(world), history, "--subject", "test", code=1)
    _, report = audit(world, world.whole, history, "--subject", "test", "--since-last", code=0)
    drift = report["drift"]
    parts = ("new", "reopened", "changed", "resolved", "unseen", "organization")
    must(not any(drift[part] for part in parts), f"nothing changed, and the drift is {drift}")
    ids, iam = world.seed.ids, world.seed.client("iam", "models")
    world.seed.role("shop", "fresh", seed.trust({"AWS": "*"}))
    iam.delete_role(RoleName="anyone")
    api = world.seed.client("organizations")
    api.detach_policy(PolicyId=world.seed.guardrail, TargetId=world.seed.units["Lake"])
    api.move_account(AccountId=ids["shop-test"], SourceParentId=world.seed.units["Consumers/Test"], DestinationParentId=world.seed.units["Trial"])
    out = world.folder("changed")
    world.fetch(out, *ENTER)
    ran, report = audit(world, out, history, "--subject", "test", "--since-last", code=1)
    drift, by = report["drift"], {f["fingerprint"]: f for f in report["findings"]}
    new = [by[fingerprint(f)] for f in drift["new"]]
    roles = {(f["rule"], f["policy"]["name"]) for f in new if f["policy"]["kind"] == "trust-policy"}
    ran.must(roles == {("public-trust-policy", "fresh")}, f"new findings of roles: {roles}")
    ran.must([(g["rule"], g["resource"].rsplit("/", 1)[-1]) for g in drift["resolved"]] == [("public-trust-policy", "anyone")], f"resolved: {drift['resolved']}")
    others = {f["rule"] for f in new if f["policy"]["kind"] != "trust-policy"}
    ran.must(all(r.startswith("project-") for r in others), f"other new findings: {others}")
    changes = sorted((c["kind"], c["name"], c["before"], c["after"]) for c in drift["organization"])
    ran.must(changes == [("account-moved", "shop-test", "/Consumers/Test", "/Trial"), ("policy-detached", "/Lake", "SCP no-project-changes", None)],
             f"changes: {drift['organization']}")
    ran.must(not drift["reopened"] and not drift["unseen"] and not drift["changed"], f"more has changed: {drift}")


def fingerprint(one):
    return one if isinstance(one, str) else one["fingerprint"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("binary")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--keep", help="work in this folder and leave it")
    wanted = parser.parse_args()
    scratch = Path(wanted.keep or tempfile.mkdtemp(prefix="palisade-aws-"))
    scratch.mkdir(exist_ok=True)
    began, failed = time.monotonic(), 0
    world = World(wanted.binary, scratch)
    try:
        chosen = [s for s in SCENARIOS if not wanted.names or any(n in s.__name__ for n in wanted.names)]
        for run in chosen:
            world.calm()
            start = time.monotonic()
            try:
                run(world)
                print(f"ok      {run.__name__}  [{time.monotonic() - start:.1f} s]", flush=True)
            except Exception as error:  # a mistake in a scenario fails it, and the others go on
                failed += 1
                print(f"FAILED  {run.__name__}  [{time.monotonic() - start:.1f} s]\n{type(error).__name__}: {error}\n", flush=True)
    finally:
        world.close()
        if not wanted.keep:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"{len(chosen) - failed} of {len(chosen)} scenarios, {time.monotonic() - began:.0f} s", flush=True)
    sys.exit(1 if failed or not chosen else 0)


if __name__ == "__main__":
    main()
