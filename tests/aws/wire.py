"""Between bytes on the wire and plain dictionaries, by the service models that botocore ships.

Whatever the fake answers is compared with the model first: a member the service does not have, a missing one, or a value of
the wrong type is a mistake in the fake and ends as status 599. What a client sends is held against the same models, so that
a page size AWS would refuse is refused here.
"""

import json
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import parse_qs, unquote
from xml.sax.saxutils import escape

import botocore.session

SESSION = botocore.session.get_session()
MODELS = {
    name: SESSION.get_service_model(model)
    for name, model in {
        "access-analyzer": "accessanalyzer", "config": "config", "iam": "iam", "organizations": "organizations",
        "s3": "s3", "secretsmanager": "secretsmanager", "sts": "sts",
    }.items()
}
PAGES = {
    name: SESSION.get_component("data_loader").load_service_model(model.service_name, "paginators-1")["pagination"]
    for name, model in MODELS.items() if name != "sts"
}
# How each service words the same refusal: code and HTTP status.
WORDS = {
    "throttle": {"organizations": ("TooManyRequestsException", 400), "s3": ("SlowDown", 503),
                 "access-analyzer": ("ThrottlingException", 429), "iam": ("Throttling", 400), "sts": ("Throttling", 400),
                 "config": ("ThrottlingException", 400)},
    "deny": {"iam": ("AccessDenied", 403), "sts": ("AccessDenied", 403), "s3": ("AccessDenied", 403),
             "access-analyzer": ("AccessDeniedException", 403)},
    "expired": {"iam": ("ExpiredToken", 403), "sts": ("ExpiredToken", 403), "s3": ("ExpiredToken", 400),
                "access-analyzer": ("ExpiredTokenException", 403)},
    "stranger": {"iam": ("InvalidClientTokenId", 403), "sts": ("InvalidClientTokenId", 403),
                 "s3": ("InvalidAccessKeyId", 403), "access-analyzer": ("UnrecognizedClientException", 403)},
    "invalid": {},
}
USUAL = {"deny": ("AccessDeniedException", 400), "expired": ("ExpiredTokenException", 400),
         "stranger": ("UnrecognizedClientException", 400), "invalid": ("ValidationException", 400)}
MESSAGES = {
    "throttle": "Rate exceeded", "expired": "The security token included in the request is expired",
    "stranger": "The security token included in the request is invalid.",
}
BUCKET_QUESTIONS = {"policy": "GetBucketPolicy", "encryption": "GetBucketEncryption", "publicAccessBlock": "GetPublicAccessBlock",
                    "location": "GetBucketLocation", "acl": "GetBucketAcl", "policyStatus": "GetBucketPolicyStatus",
                    "versioning": "GetBucketVersioning", "logging": "GetBucketLogging", "tagging": "GetBucketTagging",
                    "ownershipControls": "GetBucketOwnershipControls", "list-type": "ListObjectsV2"}


@dataclass
class Call:
    """One request."""

    service: str = ""
    operation: str = ""
    arguments: dict = field(default_factory=dict)
    key: str = ""
    region: str = "us-east-1"
    account: str = ""
    # So many empty pages came before the page that is asked for.
    empty: int = 0

    @property
    def model(self):
        service = MODELS.get(self.service)
        return service.operation_model(self.operation) if service and self.operation in service.operation_names else None

    @property
    def touched(self):
        """The account a fault is about: the one that is entered, or the one that calls."""
        arn = self.arguments.get("RoleArn", "") if self.operation == "AssumeRole" else ""
        return arn.split(":")[4] if arn.count(":") >= 5 else self.account


class Refusal(Exception):
    """An error answer: what, and an own message. A ready code stands for a refusal only one service knows."""

    def __init__(self, what, message=None, code=None, status=400):
        super().__init__(message or MESSAGES.get(what, what))
        self.what, self.code, self.status = what, code, status


class BadFake(Exception):
    """The fake was about to say what the service never says."""


def rest_routes(model):
    for name in model.operation_names:
        operation = model.operation_model(name)
        path = re.sub(r"\{(\w+)\+?\}", r"(?P<\1>[^/]+)", operation.http["requestUri"].split("?")[0])
        yield operation.http["method"], re.compile(f"{path}/?"), name


ANALYZER_ROUTES = list(rest_routes(MODELS["access-analyzer"]))


def read(method, path, query, headers, body):
    """The call a request makes. `headers` is looked up by lower-case names."""
    signed = re.search(r"Credential=([^/]*)/\d+/([^/]+)/([^/]+)/aws4", headers.get("authorization", ""))
    call = Call()
    if signed:
        call.key, call.region, call.service = signed.groups()
    asked = {k: v[-1] for k, v in parse_qs(query, keep_blank_values=True).items()}
    if "x-amz-target" in headers:
        call.operation = headers["x-amz-target"].rsplit(".", 1)[-1]
        call.arguments = json.loads(body or b"{}")
    elif call.service == "access-analyzer":
        for verb, route, name in ANALYZER_ROUTES:
            found = route.fullmatch(path)
            if found and verb == method:
                named = {k: unquote(v) for k, v in found.groupdict().items()}
                call.operation, call.arguments = name, {**asked, **named, **json.loads(body or b"{}")}
                if str(call.arguments.get("maxResults", "")).isdigit():
                    call.arguments["maxResults"] = int(call.arguments["maxResults"])
                break
    elif call.service in ("iam", "sts"):
        form = {k: v[-1] for k, v in parse_qs(body.decode(), keep_blank_values=True).items()}
        call.operation = form.pop("Action", "")
        call.arguments = query_arguments(form)
    elif call.service == "s3":
        read_s3(call, method, path, asked)
    return call


def query_arguments(form):
    """`Filter.member.1=User` as a list; other names as they stand."""
    out = {}
    for name, value in form.items():
        parts = name.split(".member.")
        if len(parts) == 2:
            out.setdefault(parts[0], []).append(value)
        elif name != "Version":
            out[name] = int(value) if name == "MaxItems" and value.isdigit() else value
    return out


def read_s3(call, method, path, asked):
    bucket, _, key = unquote(path).lstrip("/").partition("/")
    call.arguments = {k: v for k, v in {"Bucket": bucket, "Key": key, **asked}.items() if v and k != "x-id"}
    verb = {"GET": "Get", "PUT": "Put", "DELETE": "Delete", "HEAD": "Head", "POST": "Post"}.get(method, method)
    if key:
        call.operation = f"{verb}Object"
    elif not bucket:
        call.operation = "ListBuckets"
    else:
        question = next((q for q in BUCKET_QUESTIONS if q in asked), None)
        plain = {"GET": "ListObjects", "PUT": "CreateBucket", "HEAD": "HeadBucket", "DELETE": "DeleteBucket"}.get(method, verb)
        call.operation = BUCKET_QUESTIONS[question].replace("Get", verb) if question else plain


def problems(shape, value, path=""):
    """What of a value the model does not allow, each as a sentence."""
    kind, rules = shape.type_name, shape.metadata
    size = None
    if kind == "structure":
        if not isinstance(value, dict):
            yield f"{path} is no structure"
            return
        yield from (f"{path}.{name} is missing" for name in shape.required_members if name not in value)
        for name, inner in value.items():
            if name in shape.members:
                yield from problems(shape.members[name], inner, f"{path}.{name}")
            else:
                yield f"{path}.{name} is not known"
    elif kind == "list" and isinstance(value, list):
        size = len(value)
        for at, inner in enumerate(value):
            yield from problems(shape.member, inner, f"{path}[{at}]")
    elif kind == "map" and isinstance(value, dict):
        for name, inner in value.items():
            yield from problems(shape.value, inner, f"{path}.{name}")
    elif kind == "string" and isinstance(value, str):
        size = len(value)
        if getattr(shape, "enum", None) and value not in shape.enum:
            yield f"{path} is {value!r}, which is none of its values"
    elif kind in ("integer", "long") and isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif kind == "timestamp" and isinstance(value, datetime) or kind == "boolean" and isinstance(value, bool):
        pass
    else:
        yield f"{path} is no {kind}"
    if size is not None and not rules.get("min", size) <= size <= rules.get("max", size):
        yield f"{path} must be between {rules.get('min', 0)} and {rules.get('max', 'any')}, and is {size}"


def is_request_legal(call):
    """Refuse what the service refuses. S3 and the services the fake only passes on are not looked at."""
    if call.model is None or call.service in ("s3", "iam", "sts") or call.model.input_shape is None:
        return
    wrong = next(problems(call.model.input_shape, without_times(call.model.input_shape, call.arguments)), None)
    if wrong:
        raise Refusal("invalid", f"1 validation error detected: {wrong.lstrip('.')}")


def without_times(shape, value):
    """Requests carry times as text or number; they are not compared."""
    return {k: v for k, v in value.items() if k not in shape.members or shape.members[k].type_name != "timestamp"}


def encode(call, answer):
    """An answer as the service writes it: the body and its content type."""
    shape = call.model.output_shape
    wrong = list(problems(shape, answer, call.operation))
    if wrong:
        raise BadFake("; ".join(wrong[:5]))
    if call.service in ("iam", "sts"):
        name, space = f"{call.operation}Response", MODELS[call.service].metadata["xmlNamespace"]
        inner = xml_members(shape, answer)
        return (f'<{name} xmlns="{space}"><{call.operation}Result>{inner}</{call.operation}Result><ResponseMetadata>'
                f"<RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{name}>"), "text/xml"
    epoch = MODELS[call.service].metadata["protocol"] == "json"
    plain = json.dumps(answer, default=lambda t: t.timestamp() if epoch else iso(t))
    return plain, "application/x-amz-json-1.1" if epoch else "application/json"


def xml_members(shape, value):
    out = []
    for name, inner in value.items():
        out.append(f"<{name}>{xml_value(shape.members[name], inner)}</{name}>")
    return "".join(out)


def xml_value(shape, value):
    if shape.type_name == "structure":
        return xml_members(shape, value)
    if shape.type_name == "list":
        return "".join(f"<member>{xml_value(shape.member, one)}</member>" for one in value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return escape(iso(value) if isinstance(value, datetime) else str(value))


def iso(time):
    return time.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def refuse(call, refusal):
    """An error answer as the service writes it: body, status, headers."""
    usual = USUAL.get(refusal.what, ("ThrottlingException", 400))
    code, status = WORDS.get(refusal.what, {}).get(call.service, usual)
    if refusal.code:
        code, status = refusal.code, refusal.status
    request, message = str(uuid.uuid4()), str(refusal)
    headers = {"x-amzn-RequestId": request}
    if call.service in ("iam", "sts"):
        space = MODELS[call.service].metadata["xmlNamespace"]
        body = (f'<ErrorResponse xmlns="{space}"><Error><Type>Sender</Type><Code>{code}</Code><Message>{escape(message)}'
                f"</Message></Error><RequestId>{request}</RequestId></ErrorResponse>")
        return body, status, {**headers, "Content-Type": "text/xml"}
    if call.service == "s3":
        body = f"<Error><Code>{code}</Code><Message>{escape(message)}</Message><RequestId>{request}</RequestId></Error>"
        return body, status, {"x-amz-request-id": request, "Content-Type": "application/xml"}
    kind = "application/json" if call.service == "access-analyzer" else "application/x-amz-json-1.1"
    body = json.dumps({"__type": code, "message": message})
    return body, status, {**headers, "x-amzn-ErrorType": code, "Content-Type": kind}


def with_epochs(shape, value):
    """Times in an answer of moto as numbers: it writes some as text, which stricter clients refuse."""
    if shape.type_name == "structure" and isinstance(value, dict):
        return {k: with_epochs(shape.members[k], v) if k in shape.members else v for k, v in value.items()}
    if shape.type_name == "list" and isinstance(value, list):
        return [with_epochs(shape.member, one) for one in value]
    if shape.type_name == "timestamp" and isinstance(value, str):
        time = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return (time if time.tzinfo else time.replace(tzinfo=timezone.utc)).timestamp()
    return value
