"""The fake itself: what it closes of moto's gaps, and that its faults do what they say.

    python3 -m unittest discover -s tests/aws
"""

import http.client
import json
import subprocess
import sys
import unittest
from collections import Counter
from pathlib import Path

import boto3
import botocore.exceptions
import botocore.session
import seed
import wire
from botocore.config import Config
from faults import Faults

HERE = Path(__file__).parent


def start():
    """A front of its own: its address and process."""
    process = subprocess.Popen([sys.executable, HERE / "front.py"], stdout=subprocess.PIPE, text=True)
    return process.stdout.readline().strip(), process


class Fake(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.endpoint, cls.process = start()
        cls.seed = seed.Seed(cls.endpoint)

    @classmethod
    def tearDownClass(cls):
        cls.process.kill()
        cls.process.wait()
        cls.process.stdout.close()

    def setUp(self):
        seed.control(self.endpoint, "forget", method="POST")

    def fault(self, *faults):
        seed.control(self.endpoint, "faults", list(faults))

    def every(self, service, operation, key, **arguments):
        pages = self.seed.client(service).get_paginator(operation).paginate(**arguments)
        return [one for page in pages for one in page[key]]

    def refused(self, code, call, **arguments):
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response["Error"]["Code"], code)

    def roles(self, **more):
        return self.every("config", "list_aggregate_discovered_resources", "ResourceIdentifiers",
                          ConfigurationAggregatorName="organization", ResourceType="AWS::IAM::Role", **more)

    def test_an_aggregator_sees_every_account_in_pages(self):
        found = self.roles()
        self.assertEqual({r["SourceAccountId"] for r in found}, set(self.seed.ids.values()))
        self.assertGreater(len(seed.control(self.endpoint, "log", method="GET")), 2)
        twice = Counter(r["ResourceId"] for r in found if r["SourceAccountId"] == self.seed.ids["delivery"])
        self.assertEqual(set(twice.values()), {2})

    def test_a_query_gives_what_the_batch_gives(self):
        keys = self.roles(Filters={"AccountId": self.seed.ids["models"]})
        items = self.seed.client("config").batch_get_aggregate_resource_config(
            ConfigurationAggregatorName="organization", ResourceIdentifiers=keys)["BaseConfigurationItems"]
        rows = self.every("config", "select_aggregate_resource_config", "Results", ConfigurationAggregatorName="organization",
                          Expression=f"SELECT arn, configuration WHERE resourceType = 'AWS::IAM::Role' AND accountId = '{self.seed.ids['models']}'")
        told = sorted((i["arn"], json.loads(i["configuration"])["roleName"]) for i in items)
        self.assertEqual(sorted((r["arn"], r["configuration"]["roleName"]) for r in map(json.loads, rows)), told)

    def test_times_in_json_are_numbers(self):
        """boto3 takes text as well, so the wire is looked at."""
        taken = []
        for service, call, arguments in (
            ("config", "describe_configuration_aggregators", {}), ("organizations", "list_accounts", {}),
            ("organizations", "list_delegated_administrators", {}),
        ):
            client = self.seed.client(service)
            client.meta.events.register_last("before-parse", lambda response_dict, **_: taken.append(response_dict["body"]))
            getattr(client, call)(**arguments)
        times = [v for body in taken for row in next(iter(json.loads(body).values())) for k, v in row.items()
                 if k.endswith(("Time", "Timestamp", "Date"))]
        self.assertGreaterEqual(len(times), 9)
        self.assertTrue(all(isinstance(t, (int, float)) for t in times), times)

    def test_what_aws_refuses_is_refused(self):
        keys = [{"SourceAccountId": "1" * 12, "SourceRegion": "us-east-1", "ResourceType": "AWS::IAM::Role", "ResourceId": "r"}] * 101
        config, sts = self.seed.client("config"), self.seed.client("sts")
        self.refused("ValidationException", config.batch_get_aggregate_resource_config,
                     ConfigurationAggregatorName="organization", ResourceIdentifiers=keys)
        self.refused("ValidationException", self.seed.client("organizations").list_accounts, MaxResults=21)
        self.refused("NoSuchConfigurationAggregatorException", config.list_aggregate_discovered_resources,
                     ConfigurationAggregatorName="other", ResourceType="AWS::IAM::Role")
        self.refused("AccessDeniedException", self.seed.client("organizations", "trial").list_accounts)
        arn = f"arn:aws:iam::{self.seed.ids['trial']}:role/{seed.AUDITOR}"
        self.refused("AccessDenied", sts.assume_role, RoleArn=arn, RoleSessionName="test", ExternalId="wrong")
        self.refused("AccessDenied", sts.assume_role, RoleArn=arn + "-not-there", RoleSessionName="test")
        stranger = boto3.client("sts", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id="AKIASTRANGER",
                                aws_secret_access_key="x")
        self.refused("InvalidClientTokenId", stranger.get_caller_identity)

    def test_a_delegated_administrator_reads_the_organization(self):
        self.assertEqual(len(self.seed.client("organizations", "delivery").list_accounts()["Accounts"]), 7)

    def test_targets_of_a_policy_come_in_pages(self):
        policy = next(p for p in self.every("organizations", "list_policies", "Policies", Filter="SERVICE_CONTROL_POLICY") if p["AwsManaged"])
        pages = list(self.seed.client("organizations").get_paginator("list_targets_for_policy").paginate(PolicyId=policy["Id"], PaginationConfig={"PageSize": 4}))
        self.assertGreater(len(pages), 1)
        self.assertTrue(all(len(p["Targets"]) <= 4 for p in pages))

    def test_details_of_an_account_come_in_pages_and_encoded(self):
        found = self.every_detail("models", 3)
        self.assertIn("shop-consumer", [r["RoleName"] for r in found["RoleDetailList"]])
        self.assertEqual(sorted(p["PolicyName"] for p in found["Policies"]), ["late", "mended"])

    def every_detail(self, account, size):
        out = {}
        for page in self.seed.client("iam", account).get_paginator("get_account_authorization_details").paginate(
                Filter=["Role", "LocalManagedPolicy"], PaginationConfig={"PageSize": size}):
            lists = {k: v for k, v in page.items() if isinstance(v, list)}
            self.assertLessEqual(sum(map(len, lists.values())), size)
            for name, rows in lists.items():
                out.setdefault(name, []).extend(rows)
        return out

    def test_a_bucket_answers_in_its_region(self):
        client = boto3.client("s3", endpoint_url=self.endpoint, region_name="us-east-1", aws_access_key_id=seed.MANAGEMENT_KEY,
                              aws_secret_access_key="x", config=Config(s3={"addressing_style": "path"}))
        taken = []
        client.meta.events.register_first("before-parse", lambda response_dict, **_: taken.append(response_dict["status_code"]))
        client.get_bucket_policy(Bucket="lake-open-far")
        self.assertEqual((taken[0], taken[-1]), (301, 200))

    def test_secrets_come_in_pages_and_some_without_a_policy(self):
        self.assertEqual(len(self.every("secretsmanager", "list_secrets", "SecretList")), 0)
        shop, lake = self.seed.client("secretsmanager", "shop"), self.seed.client("secretsmanager", "lake", seed.SECOND)
        self.assertGreater(len(list(shop.get_paginator("list_secrets").paginate())), 1)
        self.assertNotIn("ResourcePolicy", shop.get_resource_policy(SecretId="shop/07"))
        self.assertIn("999988887777", lake.get_resource_policy(SecretId=self.seed.partner)["ResourcePolicy"])
        self.refused("ResourceNotFoundException", lake.get_resource_policy, SecretId="warehouse")
        try:
            seed.control(self.endpoint, "state", {"closed": [{"account": self.seed.ids["lake"], "region": seed.SECOND}]})
            self.refused("UnrecognizedClientException", lake.list_secrets)
        finally:
            seed.control(self.endpoint, "state", {"closed": []})

    def test_findings_and_their_details_come_in_pages(self):
        analyzer = self.seed.analyzer_arn("unused")
        found = self.every("accessanalyzer", "list_findings_v2", "findings", analyzerArn=analyzer)
        self.assertEqual(len(found), 43)
        many = next(f for f in found if f["resource"].endswith("role/deployer"))
        details = self.every("accessanalyzer", "get_finding_v2", "findingDetails", analyzerArn=analyzer, id=many["id"])
        self.assertEqual(len(details), 32)

    def test_a_fake_that_breaks_the_model_is_told(self):
        call = wire.Call("config", "DescribeConfigurationAggregators")
        for wrong in ({"Odd": 1}, {"NextToken": 5}, {"ConfigurationAggregators": [{"CreationTime": "today"}]}):
            with self.assertRaises(wire.BadFake):
                wire.encode(call, wrong)

    def test_throttling_strikes_the_share_it_is_told(self):
        faults = Faults()
        faults.set([{"kind": "throttle", "share": 0.3}])
        hits = [faults.of(wire.Call("config", "X"))[1] is not None for _ in range(1000)]
        self.assertAlmostEqual(sum(hits) / 1000, 0.3, delta=0.01)
        self.assertTrue(any(a and b for a, b in zip(hits, hits[1:])) or sum(hits[:10]) >= 2)

    def test_faults_strike_where_and_when_they_are_told(self):
        self.fault({"kind": "deny", "service": "config", "operation": "List*", "skip": 1, "times": 1})
        client, asked = self.seed.client("config"), {"ConfigurationAggregatorName": "organization", "ResourceType": "AWS::IAM::User"}
        client.list_aggregate_discovered_resources(**asked)
        self.refused("AccessDeniedException", client.list_aggregate_discovered_resources, **asked)
        client.list_aggregate_discovered_resources(**asked)
        with self.assertRaises(Exception):
            self.fault({"kind": "odd"})

    def test_an_empty_page_leads_to_the_full_one(self):
        whole = self.roles()
        self.fault({"kind": "empty-page", "operation": "ListAggregateDiscoveredResources", "share": 0.5})
        calls = len(seed.control(self.endpoint, "log", method="GET"))
        self.assertEqual(self.roles(), whole)
        self.assertGreater(len(seed.control(self.endpoint, "log", method="GET")), 2 * calls)

    def test_answers_are_cut(self):
        def ask():
            connection = http.client.HTTPConnection(self.endpoint.removeprefix("http://"))
            connection.request("POST", "/", "{}", {
                "X-Amz-Target": "AWSOrganizationsV20161128.ListAccounts", "Authorization":
                f"AWS4-HMAC-SHA256 Credential={seed.MANAGEMENT_KEY}/20260101/us-east-1/organizations/aws4_request"})
            return connection.getresponse().read()
        whole = ask()
        self.fault({"kind": "short", "operation": "ListAccounts", "bytes": 40})
        self.assertEqual(ask(), whole[:40])
        self.fault({"kind": "cut", "operation": "ListAccounts", "bytes": 40})
        with self.assertRaises(http.client.IncompleteRead):
            ask()

    def test_an_account_that_is_entered_is_the_one_denied(self):
        trial, shop = self.seed.ids["trial"], self.seed.ids["shop"]
        self.fault({"kind": "deny", "operation": "AssumeRole", "account": trial})
        ask = lambda account: dict(RoleArn=f"arn:aws:iam::{account}:role/{seed.AUDITOR}", RoleSessionName="test", ExternalId=seed.EXTERNAL_ID)
        self.refused("AccessDenied", self.seed.client("sts").assume_role, **ask(trial))
        self.seed.client("sts").assume_role(**ask(shop))

    def test_what_clients_send_is_read(self):
        signed = {"authorization": "AWS4-HMAC-SHA256 Credential=AKIA1/20260101/eu-west-1/%s/aws4_request"}
        read = lambda service, method, path, query="", body=b"": wire.read(
            method, path, query, {"authorization": signed["authorization"] % service}, body)
        call = read("access-analyzer", "GET", "/findingv2/f-1", "analyzerArn=arn%3Ax&maxResults=5")
        self.assertEqual((call.operation, call.arguments), ("GetFindingV2", {"analyzerArn": "arn:x", "maxResults": 5, "id": "f-1"}))
        call = read("iam", "POST", "/", body=b"Action=GetAccountAuthorizationDetails&Filter.member.1=User&Filter.member.2=Role&Version=1")
        self.assertEqual(call.arguments, {"Filter": ["User", "Role"]})
        for method, path, query, operation in (
            ("GET", "/", "", "ListBuckets"), ("GET", "/b", "list-type=2", "ListObjectsV2"), ("GET", "/b/", "policy", "GetBucketPolicy"),
            ("GET", "/b/k/l", "x-id=GetObject", "GetObject"), ("HEAD", "/b", "", "HeadBucket"), ("PUT", "/b", "encryption", "PutBucketEncryption"),
        ):
            self.assertEqual(read("s3", method, path, query).operation, operation)


if __name__ == "__main__":
    unittest.main()
