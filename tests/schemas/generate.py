#!/usr/bin/env python3
"""Write the schemas that the exports are tested against, from packages that carry the originals.

    python3 -m venv v && v/bin/pip install ocsf-json-schema==1.2.0 botocore==1.44.8
    v/bin/python tests/schemas/generate.py

ocsf-compliance-finding-1.6.0.json: class Compliance Finding with the profile `cloud`, from the schema of OCSF 1.6.0 as
https://schema.ocsf.io/1.6.0/export/schema gives it. Objects that palisade does not write are forbidden, which keeps the
file short and the test strict.

asff-2018-10-26.json: a call of BatchImportFindings, from the names, types, required members and enumerations of the
service model; the lengths are those of the Security Hub User Guide, "AWS Security Finding Format (ASFF)", which the model
does not hold. Details of resources, which palisade does not write, are forbidden.
"""

import json
import pathlib

HERE = pathlib.Path(__file__).parent

OCSF_USED = {
    "account", "analytic", "cloud", "compliance", "evidences", "finding_info", "metadata", "organization", "product",
    "remediation", "resource_details",
}


def ocsf():
    from ocsf_json_schema.embedded import OcsfJsonSchemaEmbedded
    from ocsf_json_schema.loader import get_ocsf_schema

    schema = OcsfJsonSchemaEmbedded(get_ocsf_schema("1.6.0")).get_class_schema("compliance_finding", ["cloud"])
    schema.pop("$id")
    schema["$defs"] = {name: value if name in OCSF_USED else False for name, value in sorted(schema["$defs"].items())}
    # What no used object refers to is dropped.
    used = json.dumps([schema["properties"], *(v for v in schema["$defs"].values() if v)])
    schema["$defs"] = {name: v for name, v in schema["$defs"].items() if f'"#/$defs/{name}"' in used}
    return schema


ASFF_USED = {
    "AwsSecurityFinding", "Severity", "Compliance", "StatusReasonsList", "StatusReason", "Remediation", "Recommendation",
    "Resource", "ResourceList", "FindingProviderFields", "FindingProviderSeverity", "Workflow", "FieldMap", "TypeList",
    "RelatedRequirementsList",
}

# Characters, elements or members at most.
ASFF_LENGTHS = {
    ("AwsSecurityFinding", "Id"): 512, ("AwsSecurityFinding", "GeneratorId"): 512, ("AwsSecurityFinding", "Title"): 256,
    ("AwsSecurityFinding", "Description"): 1024, ("AwsSecurityFinding", "ProductName"): 128,
    ("AwsSecurityFinding", "CompanyName"): 128, ("AwsSecurityFinding", "Types"): 50, ("AwsSecurityFinding", "Resources"): 32,
    ("AwsSecurityFinding", "ProductFields"): 50, ("Recommendation", "Text"): 512, ("Resource", "Id"): 512,
    ("StatusReason", "Description"): 2048, ("Compliance", "RelatedRequirements"): 32,
}
TIMES = {"FirstObservedAt", "LastObservedAt", "CreatedAt", "UpdatedAt", "ProcessedAt"}
PATTERNS = {
    ("AwsSecurityFinding", "AwsAccountId"): "^[0-9]{12}$",
    ("AwsSecurityFinding", "ProductArn"): "^arn:(aws|aws-cn|aws-us-gov):securityhub:[a-z0-9-]+:[0-9]{12}:product/[0-9]{12}/default$",
    ("AwsSecurityFinding", "SchemaVersion"): "^2018-10-08$",
}
NUMBERS = {("FindingProviderFields", "Confidence"): (0, 100)}


def asff():
    import botocore.loaders

    shapes = botocore.loaders.Loader().load_service_model("securityhub", "service-2")["shapes"]
    definitions = {}

    def reference(owner, name, target):
        shape = shapes[target]
        limit = ASFF_LENGTHS.get((owner, name))
        kind = shape["type"]
        if kind == "string":
            out = {"type": "string"}
            if "enum" in shape:
                out["enum"] = sorted(shape["enum"])
            if "pattern" in shape:
                out["pattern"] = shape["pattern"]
            if limit:
                out["maxLength"] = limit
            if name in TIMES:
                out["pattern"] = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})$"
            if (owner, name) in PATTERNS:
                out["pattern"] = PATTERNS[owner, name]
            return out
        if kind in ("integer", "double"):
            out = {"type": "integer" if kind == "integer" else "number"}
            if (owner, name) in NUMBERS:
                out["minimum"], out["maximum"] = NUMBERS[owner, name]
            return out
        if kind == "boolean":
            return {"type": "boolean"}
        if target not in ASFF_USED:
            return False
        if kind == "list":
            out = {"type": "array", "items": reference(target, "", shape["member"]["shape"])}
            if limit:
                out["maxItems"] = limit
            if target == "ResourceList":
                out["minItems"] = 1
            return out
        if kind == "map":
            return {
                "type": "object", "maxProperties": limit or 50, "propertyNames": {"minLength": 1, "maxLength": 128},
                "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 2048, "pattern": r"\S"},
            }
        if target not in definitions:
            definitions[target] = None
            definitions[target] = {
                "type": "object", "required": sorted(shape.get("required", [])), "additionalProperties": False,
                "properties": {n: reference(target, n, m["shape"]) for n, m in shape["members"].items()},
            }
        return {"$ref": f"#/$defs/{target}"}

    findings = shapes["BatchImportFindingsRequestFindingList"]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Findings of a call of BatchImportFindings",
        "type": "array", "minItems": findings["min"], "maxItems": findings["max"],
        "items": reference("", "", "AwsSecurityFinding"), "$defs": dict(sorted(definitions.items())),
    }


for name, schema in (("ocsf-compliance-finding-1.6.0.json", ocsf()), ("asff-2018-10-26.json", asff())):
    (HERE / name).write_text(json.dumps(schema, indent=1, sort_keys=True) + "\n")
