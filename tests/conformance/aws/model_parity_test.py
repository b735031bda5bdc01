#!/usr/bin/env python3
"""Compares the protos with the newest API model of AWS that is installed (botocore's).

What the model has and the protos lack, or say otherwise, fails with one line that names it. A model
older than the protos cannot judge what came after it: such differences are listed and pass.
"""

import importlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests"))
from support import aws
from support.server import main

SERVICE = "cloudmap/v1/service_discovery.proto"
TIMESTAMP = "google.protobuf.Timestamp"


def load_protos():
    """(service descriptor, options module, errors module), from protoc's Python output."""
    sources = [
        "cloudmap/v1/errors.proto",
        "cloudmap/v1/options.proto",
        "cloudmap/v1/resources.proto",
        SERVICE,
    ]
    with tempfile.TemporaryDirectory() as out:
        command = ["protoc", f"--python_out={out}", f"-I{ROOT / 'proto'}", *sources]
        subprocess.run(command, check=True)
        sys.path.insert(0, out)
        names = ("errors", "options", "service_discovery")
        errors, options, service = (importlib.import_module(f"cloudmap.v1.{n}_pb2") for n in names)
        sys.path.remove(out)
    return service.DESCRIPTOR.services_by_name["ServiceDiscovery"], options, errors


def kind_of_field(field):
    """The model's word for a field's type."""
    if is_map(field):
        return "map"
    if field.label == field.LABEL_REPEATED:
        return "list"
    return kind_of_value(field)


def kind_of_value(field):
    if field.type == field.TYPE_MESSAGE:
        return "timestamp" if field.message_type.full_name == TIMESTAMP else "structure"
    types = {
        field.TYPE_STRING: "string",
        field.TYPE_ENUM: "string",
        field.TYPE_INT32: "integer",
        field.TYPE_INT64: "long",
        field.TYPE_BOOL: "boolean",
    }
    return types.get(field.type, f"proto type {field.type}")


def is_map(field):
    return field.type == field.TYPE_MESSAGE and field.message_type.GetOptions().map_entry


def enum_values(enum):
    """AWS's names: those of the proto without the prefix that the enum's name gives."""
    prefix = enum.values[0].name.removesuffix("UNSPECIFIED")
    return {value.name.removeprefix(prefix) for value in enum.values[1:]}


class Comparison:
    """Collects what differs: `wrong` in any case, `newer` perhaps only younger than the model."""

    def __init__(self, model, service, options, errors):
        self.shapes = model["shapes"]
        self.operations = model["operations"]
        self.service = service
        self.options = options
        self.error_shapes = {
            value.name: value.GetOptions().Extensions[errors.error]
            for value in errors.ErrorCode.DESCRIPTOR.values
        }
        self.error_values = {v.number: v.name for v in errors.ErrorCode.DESCRIPTOR.values}
        self.wrong = []
        self.newer = []
        self._seen = set()

    def run(self):
        methods = self.service.methods_by_name
        for name in sorted(self.operations.keys() - methods.keys()):
            self.wrong.append(f"{name}: the operation is missing in {SERVICE}")
        for name in sorted(methods.keys() - self.operations.keys()):
            self.newer.append(f"{name}: the operation is not in the model")
        for name in sorted(methods.keys() & self.operations.keys()):
            self.compare_operation(name, self.operations[name], methods[name])
        return self

    def compare_operation(self, name, operation, method):
        rules = method.GetOptions().Extensions[self.options.method]
        self.same(
            f"{name}: host prefix",
            operation.get("endpoint", {}).get("hostPrefix", ""),
            rules.host_prefix,
        )
        theirs = {e["shape"] for e in operation.get("errors", [])}
        ours = {self.error_shapes[self.error_values[e]].aws_name for e in rules.errors}
        self.same_set(f"{name}: error", theirs, ours)
        for error in sorted(theirs & ours):
            self.compare_error(error)
        for direction, message in (("input", method.input_type), ("output", method.output_type)):
            shape = operation.get(direction, {}).get("shape")
            members = self.shapes[shape]["members"] if shape else {}
            if not members:
                self.same_set(
                    f"{name} {direction}: member", set(), {f.json_name for f in message.fields}
                )
            else:
                self.compare_structure(f"{name}.{direction}", shape, message, direction == "input")

    def compare_error(self, error):
        code = next(shape for shape in self.error_shapes.values() if shape.aws_name == error)
        members = set(self.shapes[error]["members"]) - {"Message"}
        self.same_set(f"error {error}: member", members, set(code.members))
        self.same(f"error {error}: HTTP status", 400, code.http_status)

    def compare_structure(self, path, shape_name, message, is_input):
        visit = (shape_name, message.full_name, is_input)
        if visit in self._seen:
            return
        self._seen.add(visit)
        shape = self.shapes[shape_name]
        fields = {field.json_name: field for field in message.fields}
        self.same_set(f"{path}: member", set(shape["members"]), set(fields))
        for member in sorted(shape["members"].keys() & fields.keys()):
            member_path = f"{path}.{member}"
            reference = shape["members"][member]
            field = fields[member]
            rules = field.GetOptions().Extensions[self.options.rules]
            if is_input:
                self.same(
                    f"{member_path}: required", member in shape.get("required", []), rules.required
                )
                token = reference.get("idempotencyToken", False)
                self.same(f"{member_path}: idempotency token", token, rules.idempotency_token)
            self.compare_member(member_path, reference["shape"], field, rules, is_input)

    def compare_member(self, path, shape_name, field, rules, is_input):
        shape = self.shapes[shape_name]
        if not self.same(f"{path}: type", shape["type"], kind_of_field(field)):
            return
        if shape["type"] == "map":
            entry = field.message_type.fields_by_name
            self.limits(path, shape, rules.items, is_input)
            self.compare_value(
                f"{path} key", shape["key"]["shape"], entry["key"], rules.key, is_input
            )
            self.compare_value(
                f"{path} value", shape["value"]["shape"], entry["value"], rules.element, is_input
            )
        elif shape["type"] == "list":
            self.limits(path, shape, rules.items, is_input)
            self.compare_value(
                f"{path} element", shape["member"]["shape"], field, rules.element, is_input
            )
        else:
            self.compare_value(path, shape_name, field, rules, is_input)

    def compare_value(self, path, shape_name, field, rules, is_input):
        shape = self.shapes[shape_name]
        if not self.same(f"{path}: type", shape["type"], kind_of_value(field)):
            return
        if shape["type"] == "structure":
            self.compare_structure(path, shape_name, field.message_type, is_input)
        elif "enum" in shape:
            if field.type == field.TYPE_ENUM:
                self.same_set(
                    f"{path}: enum value", set(shape["enum"]), enum_values(field.enum_type)
                )
            elif not path.endswith(" key"):  # protobuf has no enum keys
                self.wrong.append(
                    f"{path}: the model has the enum {shape_name}, the proto any string"
                )
        elif is_input:
            self.limits(
                path, shape, rules.length if shape["type"] == "string" else rules.value, is_input
            )
            self.same(
                f"{path}: pattern", shape.get("pattern", ""), self.pattern(rules.format), dated=True
            )

    def limits(self, path, shape, bounds, is_input):
        if not is_input:
            return
        # "At least 0" is no limit of a length or a count.
        floor = 0 if shape["type"] in ("string", "list", "map") else None
        for end in ("min", "max"):
            theirs = shape.get(end, floor if end == "min" else None)
            ours = (
                getattr(bounds, end) if bounds.HasField(end) else (floor if end == "min" else None)
            )
            self.same(f"{path}: {end}", theirs, ours, dated=True)

    def pattern(self, number):
        value = self.options.Format.DESCRIPTOR.values_by_number[number]
        return value.GetOptions().Extensions[self.options.pattern]

    def same(self, what, theirs, ours, dated=False):
        """`dated`: AWS has changed such numbers over the years."""
        if theirs != ours:
            (self.newer if dated else self.wrong).append(
                f"{what}: {theirs!r} in the model, {ours!r} in the proto"
            )
        return theirs == ours

    def same_set(self, what, theirs, ours):
        self.wrong += [f"{what} {name} is missing in the proto" for name in sorted(theirs - ours)]
        self.newer += [f"{what} {name} is not in the model" for name in sorted(ours - theirs)]


class ModelParity(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.version, data_dir = aws.newest_botocore()
        cls.model = aws.read_api_file(data_dir, "service-2.json")
        cls.protos = load_protos()

    def test_protos_say_what_the_model_says(self):
        comparison = Comparison(self.model, *self.protos).run()
        version = ".".join(map(str, self.version))
        older = self.protos[0].methods_by_name.keys() - self.model["operations"].keys()
        failing = comparison.wrong + ([] if older else comparison.newer)
        if older:
            print(f"\nthe model of botocore {version} is older than the protos, which differ in:")
            print("\n".join("  " + line for line in comparison.newer))
        else:
            print(f"\ncompared {len(self.model['operations'])} operations with botocore {version}")
        self.assertEqual([], failing, f"differences to botocore {version}:\n" + "\n".join(failing))

    def test_a_difference_is_noticed_and_named(self):
        model = {"shapes": dict(self.model["shapes"]), "operations": dict(self.model["operations"])}
        model["operations"]["MergeNamespaces"] = {"input": {"shape": "GetNamespaceRequest"}}
        get = model["shapes"]["GetNamespaceRequest"]
        get = {
            "type": "structure",
            "required": [],
            "members": {**get["members"], "Depth": {"shape": "MaxResults"}},
        }
        model["shapes"]["GetNamespaceRequest"] = get
        statuses = model["shapes"]["CustomHealthStatus"]
        model["shapes"]["CustomHealthStatus"] = {**statuses, "enum": [*statuses["enum"], "TIRED"]}
        wrong = Comparison(model, *self.protos).run().wrong
        for line in (
            "MergeNamespaces: the operation is missing in cloudmap/v1/service_discovery.proto",
            "GetNamespace.input: member Depth is missing in the proto",
            "GetNamespace.input.Id: required: False in the model, True in the proto",
            "UpdateInstanceCustomHealthStatus.input.Status: enum value TIRED is missing in the proto",
        ):
            self.assertIn(line, wrong)


if __name__ == "__main__":
    main()
