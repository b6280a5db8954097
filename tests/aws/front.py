#!/usr/bin/env python3
"""A fake AWS on a port of this machine: moto, and in front of it what moto lacks for a client as strict as the Rust SDK.

    python3 tests/aws/front.py [--port 0]        prints the address, then serves until it is killed

Organizations, STS and S3 are moto's, with times written as AWS writes them, pages where moto gives everything at once, and
the refusals that moto leaves out: strangers' keys, members who ask Organizations, roles that do not exist or want another
external id, buckets asked in the wrong region. AWS Config's aggregators, IAM's authorization details, Access Analyzer
and lists and policies of secrets are answered here, each answer compared with the service's model.

Control, all JSON:
    PUT  /_front/state      a part of the state, which replaces what is there: see State
    PUT  /_front/faults     a list: see faults.py
    GET  /_front/log        the calls, oldest first
    GET  /_front/stats      {"calls", "peak", "narrow"}: the most calls in flight at one time, altogether and to one service
                            of one account
    POST /_front/forget     empties the log and the faults, and keeps moto's data and the state
    GET  /_front/issued     the secrets and session tokens that STS gave out
    GET  /_front/delivered  the configuration items of one account and region as Config writes them into files

It listens on 127.0.0.1 only, and answers at once with what its arguments say: keep it off any other network.
"""

import argparse
import hashlib
import io
import json
import re
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field, fields

import recorder
import wire
from faults import KINDS, Faults
from moto.iam.models import get_account_id_from, iam_backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from moto.s3.models import s3_backends
from moto.secretsmanager.models import secretsmanager_backends
from werkzeug.serving import WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response
from wire import Refusal

DELEGATED = ("Describe", "List")


@dataclass
class State:
    """What no service of moto keeps."""

    # Keys that belong to the management account. Others must have been issued by STS or IAM.
    keys: list = field(default_factory=lambda: ["AKIAFRONTMANAGEMENT1"])
    # {"name", "region"}: aggregators of the management account. Each sees the whole organization.
    aggregators: list = field(default_factory=list)
    # Accounts without a recorder.
    unrecorded: list = field(default_factory=list)
    # {"account", "kind"}: types that the recorder of an account leaves out.
    excluded: list = field(default_factory=list)
    # Accounts that record IAM in a second region too, as happens; their items come once a region.
    twice: list = field(default_factory=list)
    # {"account", "region"}: sources of which the last update failed.
    stale: list = field(default_factory=list)
    # Configuration items of types that moto has not: see recorder.item.
    items: list = field(default_factory=list)
    # Analyzers as ListAnalyzers gives them, findings as GetFindingV2 does with the analyzer's ARN as "analyzer".
    analyzers: list = field(default_factory=list)
    findings: list = field(default_factory=list)
    # Text in a policy → what ValidatePolicy says of it.
    validation: dict = field(default_factory=dict)
    # {"account", "region"}: regions that an account has not enabled.
    closed: list = field(default_factory=list)
    # The most records on any page; a service's own limit when it is lower.
    page: int = 100


class Front:
    def __init__(self):
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.state, self.faults, self.lock = State(), Faults(), threading.Lock()
        self.log, self.issued, self.flying, self.peak = [], [], Counter(), Counter()

    # --- one request -------------------------------------------------------------------------------------------------

    def __call__(self, environ, start):
        request = Request(environ)
        body = request.get_data()
        environ["wsgi.input"] = io.BytesIO(body)
        if request.path.startswith("/_front/"):
            return self.control(request, body)(environ, start)
        if request.path.startswith("/moto-api"):
            return self.moto(environ, start)
        headers = {k.lower(): v for k, v in request.headers.items()}
        call = wire.read(request.method, request.path, request.query_string.decode(), headers, body)
        entry, places = {}, ("all", f"{call.service} {get_account_id_from(call.key)}")
        with self.lock:
            self.log.append(entry)
            for place in places:
                self.flying[place] += 1
                self.peak[place] = max(self.peak[place], self.flying[place])
        try:
            response = self.respond(call, environ)
        finally:
            with self.lock:
                self.flying.subtract(places)
                same = json.dumps([call.service, call.operation, call.account, call.region, call.arguments], sort_keys=True)
                entry.update(
                    service=call.service, operation=call.operation, account=call.account, region=call.region,
                    arguments=call.arguments, digest=hashlib.sha256(same.encode()).hexdigest()[:16], ended=time.time())
        entry["whole"] = not response.headers.get("x-front-fault")
        entry["status"] = response.status_code
        return response(environ, start)

    def respond(self, call, environ):
        try:
            self.sign_in(call)
            wait, fault = self.faults.of(call)
            time.sleep(wait)
            kind = fault["kind"] if fault else None
            if kind in ("throttle", "deny", "expired"):
                raise Refusal(kind, f"User is not authorized to perform: {call.service}:{call.operation}" if kind == "deny" else None)
            if kind == "html":
                return Response("<!doctype html><title>500</title>", 500, content_type="text/html")
            response = self.answer(call, environ, fault)
            return damaged(response, fault) if kind in ("cut", "short") else response
        except Refusal as refusal:
            body, status, headers = wire.refuse(call, refusal)
            return Response(body, status, headers)
        except wire.BadFake as mistake:
            print(f"front: the fake is wrong: {mistake}", file=sys.stderr, flush=True)
            return Response(f"the fake is wrong: {mistake}", 599)

    def sign_in(self, call):
        """Whose key it is."""
        if not call.key:
            raise Refusal("deny", "the request is not signed")
        call.account = get_account_id_from(call.key)
        organization = recorder.management()
        if organization and call.account == organization.account_id and call.key not in self.state.keys:
            # moto takes every key it does not know for the management account's.
            if call.key not in iam_backends[call.account]["aws"].access_keys:
                raise Refusal("stranger")
        if {"account": call.account, "region": call.region} in self.state.closed:
            raise Refusal("stranger")
        wire.is_request_legal(call)

    def answer(self, call, environ, fault):
        own = getattr(self, f"{call.service.replace('-', '_')}_{call.operation}", None)
        if own:
            self.resume_empty(call)
            body, kind = wire.encode(call, self.paged(call, own(call, fault), fault))
            return Response(body, 200, content_type=kind)
        if call.service in ("config", "access-analyzer") and not self.is_seeding(call):
            raise Refusal("invalid", f"the fake does not know {call.operation}", code="UnknownOperationException")
        if call.service == "organizations":
            return self.organizations(call, environ, fault)
        if call.service == "sts" and call.operation == "AssumeRole":
            self.may_assume(call)
        if call.service == "s3":
            self.is_in_region(call)
        response = Response.from_app(self.moto, environ)
        if call.operation == "AssumeRole":
            self.issued += re.findall(r"<(?:SecretAccessKey|SessionToken)>([^<]+)<", response.get_data(as_text=True))
        return response

    @staticmethod
    def is_seeding(call):
        return call.operation.startswith("Put")

    # --- pages -------------------------------------------------------------------------------------------------------

    def size(self, call, usual):
        asked = next((call.arguments[k] for k in ("MaxResults", "maxResults", "Limit", "limit", "MaxItems") if call.arguments.get(k)), usual)
        return max(1, min(int(asked), self.state.page))

    @staticmethod
    def resume_empty(call):
        for name in ("NextToken", "nextToken"):
            token = call.arguments.get(name)
            found = re.fullmatch(r"empty-(\d+):(.*)", token) if isinstance(token, str) else None
            if found:
                call.empty, rest = int(found[1]), {name: found[2]} if found[2] else {}
                call.arguments = {k: v for k, v in call.arguments.items() if k != name} | rest

    def paged(self, call, answer, fault):
        """Cut the list of an answer to a page. `_usual` is the service's page size, `_page` the name of the list."""
        name = answer.pop("_page", None)
        if not name:
            return answer
        lower = name[0].islower()
        token_name = "nextToken" if lower else "NextToken"
        asked = call.arguments.get(token_name)
        if asked and not re.fullmatch(r"page-\d+", asked):
            raise Refusal("invalid", "The NextToken is not valid.", code="InvalidNextTokenException")
        first = int(asked.removeprefix("page-")) if asked else 0
        size = self.size(call, answer.pop("_usual", 100))
        whole = answer[name]
        answer[name] = whole[first:first + size]
        if fault and fault["kind"] == "empty-page":
            # The token brings what was asked for now.
            answer[name], answer[token_name] = [], f"empty-{call.empty + 1}:{asked or ''}"
        elif fault and fault["kind"] == "same-token":
            answer[token_name] = asked or "page-0"
        elif first + size < len(whole):
            answer[token_name] = f"page-{first + size}"
        return answer

    # --- Organizations, STS, S3 --------------------------------------------------------------------------------------

    def organizations(self, call, environ, fault):
        organization = recorder.management()
        if organization and call.account != organization.account_id:
            delegated = any(a.account.id == call.account for a in organization.admins) and call.operation.startswith(DELEGATED)
            if not delegated and call.operation != "DescribeOrganization":
                raise Refusal("deny", "You don't have permissions to access this resource.")
            environ["HTTP_X_MOTO_ACCOUNT_ID"] = organization.account_id
        self.resume_empty(call)
        environ["wsgi.input"] = io.BytesIO(json.dumps(call.arguments).encode())
        environ["CONTENT_LENGTH"] = str(len(json.dumps(call.arguments)))
        if call.operation in wire.PAGES["organizations"]:
            return self.organization_pages(call, environ, fault)
        return self.with_true_times(call, Response.from_app(self.moto, environ))

    def organization_pages(self, call, environ, fault):
        """moto pages some of these lists and not others: ask it for all, and page here."""
        name = wire.PAGES["organizations"][call.operation]["result_key"]
        plain, whole, token = {k: v for k, v in call.arguments.items() if k not in ("NextToken", "MaxResults")}, [], None
        while True:
            body = json.dumps(plain | ({"NextToken": token} if token else {})).encode()
            environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
            response = Response.from_app(self.moto, environ)
            if response.status_code != 200:
                return response
            answer = json.loads(response.get_data())
            whole += answer.get(name) or []
            token = answer.get("NextToken")
            if not token:
                break
        page = self.paged(call, {name: whole, "_page": name, "_usual": 20}, fault)
        page = {k: v for k, v in wire.with_epochs(call.model.output_shape, page).items() if v is not None}
        return Response(json.dumps(page), 200, content_type="application/x-amz-json-1.1")

    @staticmethod
    def with_true_times(call, response):
        if response.status_code == 200 and call.model and call.model.output_shape and response.get_data():
            response.set_data(json.dumps(wire.with_epochs(call.model.output_shape, json.loads(response.get_data()))))
        return response

    @staticmethod
    def may_assume(call):
        """moto lets everybody into every role, there or not."""
        arn = call.arguments.get("RoleArn", "")
        role = next((r for r in iam_backends[call.touched]["aws"].roles.values() if r.arn == arn), None)
        document = json.loads(role.assume_role_policy_document) if role else {"Statement": []}
        found = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        for statement in found:
            wanted = statement.get("Condition", {}).get("StringEquals", {}).get("sts:ExternalId")
            who = json.dumps(statement.get("Principal", ""))
            if (call.account in who or '"*"' in who) and wanted in (None, call.arguments.get("ExternalId")):
                return
        raise Refusal("deny", f"User is not authorized to perform: sts:AssumeRole on resource: {arn}")

    @staticmethod
    def is_in_region(call):
        """A bucket answers in its own region alone; what a client does with the hint is its business."""
        name = call.arguments.get("Bucket")
        owner = s3_backends.bucket_accounts.get(name, (None, None))[1]
        bucket = s3_backends[owner]["aws"].buckets.get(name) if owner else None
        if bucket and call.operation.startswith(("Get", "List")) and call.operation != "GetBucketLocation":
            if call.account != owner and not bucket.policy:
                raise Refusal("deny", "Access Denied")
            if bucket.region_name != call.region:
                raise Refusal("region", f"The bucket is in this region: {bucket.region_name}. Please use it.",
                              code="PermanentRedirect", status=301)

    # --- AWS Config --------------------------------------------------------------------------------------------------

    def aggregators(self, call):
        organization = recorder.management()
        if not organization or call.account != organization.account_id:
            return []
        return [a for a in self.state.aggregators if a["region"] == call.region]

    def aggregator(self, call):
        if all(a["name"] != call.arguments["ConfigurationAggregatorName"] for a in self.aggregators(call)):
            raise Refusal("none", "The configuration aggregator does not exist.", code="NoSuchConfigurationAggregatorException")

    def sources(self):
        return [(a, r) for a in recorder.accounts() if a not in self.state.unrecorded for r in recorder.REGIONS]

    def recorded(self):
        """Every item an aggregator holds."""
        out = []
        for account, region in self.sources():
            out += recorder.recorded(account, region)
            out += [i for i in self.state.items if (i["account"], i["region"]) == (account, region)]
            if account in self.state.twice and region != recorder.HOME:
                out += [{**i, "region": region} for i in recorder.iam_items(account, recorder.HOME)]
        return [i for i in out if {"account": i["account"], "kind": i["kind"]} not in self.state.excluded]

    def config_DescribeConfigurationAggregators(self, call, _):
        names = call.arguments.get("ConfigurationAggregatorNames")
        rows = [{
            "ConfigurationAggregatorName": a["name"], "CreationTime": recorder.CAPTURED, "LastUpdatedTime": recorder.CAPTURED,
            "ConfigurationAggregatorArn": f"arn:aws:config:{call.region}:{call.account}:config-aggregator/{a['name']}",
            "OrganizationAggregationSource": {"RoleArn": f"arn:aws:iam::{call.account}:role/aggregator", "AllAwsRegions": True},
        } for a in self.aggregators(call) if not names or a["name"] in names]
        if names and len(rows) < len(names):
            raise Refusal("none", "The configuration aggregator does not exist.", code="NoSuchConfigurationAggregatorException")
        return {"ConfigurationAggregators": rows, "_page": "ConfigurationAggregators"}

    def config_DescribeConfigurationAggregatorSourcesStatus(self, call, _):
        self.aggregator(call)
        rows = []
        for account, region in self.sources():
            stale = any(s["account"] == account and s["region"] == region for s in self.state.stale)
            row = {"SourceId": account, "SourceType": "ACCOUNT", "AwsRegion": region, "LastUpdateTime": recorder.CAPTURED,
                   "LastUpdateStatus": "FAILED" if stale else "SUCCEEDED"}
            rows.append(row | ({"LastErrorCode": "AccessDenied", "LastErrorMessage": "not authorized"} if stale else {}))
        wanted = call.arguments.get("UpdateStatus")
        rows = [r for r in rows if not wanted or r["LastUpdateStatus"] in wanted]
        return {"AggregatedSourceStatusList": rows, "_page": "AggregatedSourceStatusList"}

    def config_GetAggregateDiscoveredResourceCounts(self, call, _):
        self.aggregator(call)
        wanted = call.arguments.get("Filters", {})
        found = [i for i in self.recorded() if wanted.get("ResourceType", i["kind"]) == i["kind"]
                 and wanted.get("AccountId", i["account"]) == i["account"] and wanted.get("Region", i["region"]) == i["region"]]
        out = {"TotalDiscoveredResources": len(found)}
        by = {"RESOURCE_TYPE": "kind", "ACCOUNT_ID": "account", "AWS_REGION": "region"}.get(call.arguments.get("GroupByKey"))
        if by:
            groups = Counter(i[by] for i in found)
            out["GroupByKey"] = call.arguments["GroupByKey"]
            out["GroupedResourceCounts"] = [{"GroupName": k, "ResourceCount": n} for k, n in sorted(groups.items())]
            out["_page"] = "GroupedResourceCounts"
        return out

    def config_ListAggregateDiscoveredResources(self, call, _):
        self.aggregator(call)
        wanted = call.arguments.get("Filters", {})
        rows = [{"SourceAccountId": i["account"], "SourceRegion": i["region"], "ResourceType": i["kind"],
                 "ResourceId": i["id"], "ResourceName": i["name"]}
                for i in self.recorded() if i["kind"] == call.arguments["ResourceType"]]
        names = {"AccountId": "SourceAccountId", "Region": "SourceRegion", "ResourceId": "ResourceId", "ResourceName": "ResourceName"}
        rows = [r for r in rows if all(r[names[k]] == v for k, v in wanted.items())]
        return {"ResourceIdentifiers": rows, "_page": "ResourceIdentifiers"}

    def config_BatchGetAggregateResourceConfig(self, call, fault):
        self.aggregator(call)
        held = {(i["account"], i["region"], i["kind"], i["id"]): i for i in self.recorded()}
        keys = call.arguments["ResourceIdentifiers"]
        undone = keys[-fault.get("count", 1):] if fault and fault["kind"] == "unprocessed" else []
        done = []
        for key in keys:
            found = held.get((key["SourceAccountId"], key["SourceRegion"], key["ResourceType"], key["ResourceId"]))
            if found and key not in undone:
                done.append(recorder.as_base(found))
            elif key not in undone:
                undone = [*undone, key]
        return {"BaseConfigurationItems": done, "UnprocessedResourceIdentifiers": undone}

    def config_SelectAggregateResourceConfig(self, call, _):
        self.aggregator(call)
        text = " ".join(call.arguments["Expression"].split())
        parts = re.fullmatch(r"(?i)select (.+?) where (.+?)(?: order by .+)?", text)
        if not parts:
            raise Refusal("none", "the fake reads SELECT … WHERE … alone", code="InvalidExpressionException")
        names, columns = [f.strip() for f in parts[1].split(",")], {"resourceType": "kind", "accountId": "account", "awsRegion": "region"}
        found = self.recorded()
        for term in re.split(r"(?i) and ", parts[2]):
            one = re.fullmatch(r"(?i)(\w+)\s*(?:=\s*('[^']*')|in\s*\((.+)\))", term.strip(" ()") + (")" if "(" in term else ""))
            if not one or one[1] not in columns:
                raise Refusal("none", f"the fake does not read: {term}", code="InvalidExpressionException")
            values = re.findall(r"'([^']*)'", one[2] or one[3])
            found = [i for i in found if i[columns[one[1]]] in values]
        return {"Results": [json.dumps(recorder.row(i, names)) for i in found], "_page": "Results", "_usual": 25,
                "QueryInfo": {"SelectFields": [{"Name": n} for n in names]}}

    # --- IAM ---------------------------------------------------------------------------------------------------------

    def iam_GetAccountAuthorizationDetails(self, call, fault):
        every = ("User", "Group", "Role", "LocalManagedPolicy", "AWSManagedPolicy")
        found = recorder.authorization(call.account, call.arguments.get("Filter") or every)
        first, size = int(call.arguments.get("Marker") or 0), self.size(call, 100)
        out = {"IsTruncated": first + size < len(found)}
        for name, one in found[first:first + size]:
            out.setdefault(name, []).append(one)
        if out["IsTruncated"]:
            out["Marker"] = str(first if fault and fault["kind"] == "same-token" else first + size)
        return out

    # --- Secrets Manager ---------------------------------------------------------------------------------------------

    def secretsmanager_ListSecrets(self, call, _):
        rows = [{"ARN": s.arn, "Name": s.name, "CreatedDate": recorder.CAPTURED, "Description": s.description or "", "Tags": s.tags or []}
                for s in secretsmanager_backends[call.account][call.region].secrets.values()]
        return {"SecretList": rows, "_page": "SecretList"}

    def secretsmanager_GetResourcePolicy(self, call, _):
        held = secretsmanager_backends[call.account][call.region].secrets.values()
        found = next((s for s in held if call.arguments["SecretId"] in (s.arn, s.name)), None)
        if not found:
            raise Refusal("none", "Secrets Manager can't find the specified secret.", code="ResourceNotFoundException")
        return {"ARN": found.arn, "Name": found.name, **({"ResourcePolicy": found.policy} if found.policy else {})}

    # --- Access Analyzer ---------------------------------------------------------------------------------------------

    def analyzer(self, call):
        arn = call.arguments["analyzerArn"]
        if not any(a["arn"] == arn for a in self.mine(call)):
            raise Refusal("none", "The specified analyzer does not exist.", code="ResourceNotFoundException", status=404)
        return [f for f in self.state.findings if f["analyzer"] == arn]

    def mine(self, call):
        return [a for a in self.state.analyzers if a["arn"].split(":")[3:5] == [call.region, call.account]]

    def access_analyzer_ListAnalyzers(self, call, _):
        wanted = call.arguments.get("type")
        rows = [timed(a, "createdAt") for a in self.mine(call) if not wanted or a["type"] == wanted]
        return {"analyzers": rows, "_page": "analyzers"}

    def access_analyzer_ListFindingsV2(self, call, _):
        rows = self.analyzer(call)
        for name, rule in call.arguments.get("filter", {}).items():
            rows = [r for r in rows if "eq" not in rule or r.get(name) in rule["eq"]]
            rows = [r for r in rows if "neq" not in rule or r.get(name) not in rule["neq"]]
        rows = [timed({k: v for k, v in r.items() if k not in ("analyzer", "findingDetails")}) for r in rows]
        return {"findings": rows, "_page": "findings"}

    def access_analyzer_GetFindingV2(self, call, _):
        found = [f for f in self.analyzer(call) if f["id"] == call.arguments["id"]]
        if not found:
            raise Refusal("none", "The specified finding does not exist.", code="ResourceNotFoundException", status=404)
        return timed({k: v for k, v in found[0].items() if k != "analyzer"}) | {"_page": "findingDetails"}

    def access_analyzer_ValidatePolicy(self, call, _):
        rows = [f for text, found in self.state.validation.items() if text in call.arguments["policyDocument"] for f in found]
        return {"findings": rows, "_page": "findings"}

    # --- control -----------------------------------------------------------------------------------------------------

    def control(self, request, body):
        what, answer = request.path.removeprefix("/_front/"), {}
        if what == "state":
            known = {f.name for f in fields(State)}
            for name, value in json.loads(body).items():
                if name not in known:
                    return Response(f"no such state: {name}", 400)
                setattr(self.state, name, value)
        elif what == "faults":
            unknown = [one for one in json.loads(body) if one.get("kind") not in KINDS]
            if unknown:
                return Response(f"no such fault: {unknown[0]}", 400)
            self.faults.set(json.loads(body))
        elif what == "forget":
            with self.lock:
                self.log, self.peak = [], Counter()
            self.faults.set([])
        elif what == "log":
            answer = [one for one in list(self.log) if "status" in one]
        elif what == "stats":
            narrow = max((n for place, n in self.peak.items() if place != "all"), default=0)
            answer = {"calls": len(self.log), "peak": self.peak["all"], "narrow": narrow}
        elif what == "issued":
            answer = self.issued
        elif what == "delivered":
            where = (request.args["account"], request.args["region"])
            more = [i for i in self.state.items if (i["account"], i["region"]) == where and i["status"] == "OK"]
            answer = [recorder.as_delivered(i) for i in [*recorder.recorded(*where), *more]]
        else:
            return Response("no such control", 404)
        return Response(json.dumps(answer), content_type="application/json")


def timed(one, *more):
    """Times of Access Analyzer, which nothing here looks at."""
    names = more or ("analyzedAt", "createdAt", "updatedAt")
    return one | {name: recorder.CAPTURED for name in names}


def damaged(response, fault):
    """Part of an answer; with `cut` the length still tells of the whole."""
    whole = response.get_data()
    part = Response(whole[:fault["bytes"]], response.status_code, {"x-front-fault": fault["kind"]},
                    content_type=response.content_type)
    if fault["kind"] == "cut":
        part.headers["Content-Length"] = str(len(whole))
    return part


class Handler(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, *_):
        """The log is asked for, not printed."""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    server = make_server("127.0.0.1", parser.parse_args().port, Front(), threaded=True, request_handler=Handler)
    print(f"http://127.0.0.1:{server.port}", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
