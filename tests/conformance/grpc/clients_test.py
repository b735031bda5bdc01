#!/usr/bin/env python3
"""A program of somebody else's generates a client from the proto, as docs/grpc.md tells it to, and
reads what the server says of itself through reflection."""

import importlib
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.server import ServerTestCase, main

ROOT = pathlib.Path(__file__).resolve().parents[3]
PROTO = ROOT / "proto"
GENERATE_SECONDS = 60
CALL_SECONDS = 30


def files(pattern):
    return sorted(str(path.relative_to(PROTO)) for path in PROTO.glob(pattern))


def protoc(*arguments):
    """protoc's output; any complaint fails."""
    command = ["protoc", f"-I{PROTO}", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=GENERATE_SECONDS, check=False)
    assert done.returncode == 0 and not done.stderr, f"{' '.join(command)}\n{done.stderr}"


class Generated(unittest.TestCase):
    def setUp(self):
        self.out = tempfile.mkdtemp(prefix="cloudmapd-test-grpc-")
        self.addCleanup(shutil.rmtree, self.out)

    def test_go(self):
        for program in ("protoc-gen-go", "protoc-gen-go-grpc"):
            if shutil.which(program) is None:
                self.skipTest(f"needs {program}")
        protoc(f"--go_out={self.out}", f"--go-grpc_out={self.out}", *files("cloudmap/v1/*.proto"))
        client = next(pathlib.Path(self.out).rglob("service_discovery_grpc.pb.go")).read_text()
        self.assertIn("package cloudmapv1", client)
        self.assertIn("func NewServiceDiscoveryClient(", client)

    def test_java_and_csharp_go_into_a_package_of_their_own(self):
        protoc(f"--java_out={self.out}", f"--csharp_out={self.out}", *files("**/*.proto"))
        self.assertTrue(pathlib.Path(self.out, "cloudmap/v1/RegisterInstanceRequest.java").exists())
        self.assertIn("namespace Cloudmap.V1 ", pathlib.Path(self.out, "ServiceDiscovery.cs").read_text())

    def test_every_file_names_its_packages(self):
        for file in files("**/*.proto"):
            text = (PROTO / file).read_text()
            for option in ("go_package", "java_package", "java_multiple_files"):
                self.assertIn(f"option {option} = ", text, file)

    def test_extension_numbers_are_nobody_elses(self):
        """50000 to 99999 are for use inside one organisation; a program may link several."""
        numbers = []
        for file in files("**/*.proto"):
            for body in re.findall(r"^extend [\w.]+ \{(.*?)\}", (PROTO / file).read_text(), re.S | re.M):
                numbers += [int(number) for number in re.findall(r"= (\d+);", body)]
        self.assertEqual(4, len(numbers))
        for number in numbers:
            self.assertGreater(number, 99_999)
            self.assertLess(number, 2**29)

    def test_enum_values_have_the_prefix_of_their_enum(self):
        for file in files("cloudmap/**/*.proto"):
            for name, body in re.findall(r"^enum (\w+) \{(.*?)^\}", (PROTO / file).read_text(), re.S | re.M):
                prefix = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).upper() + "_"
                for value in re.findall(r"^  ([A-Z][A-Z0-9_]*) = ", body, re.M):
                    self.assertTrue(value.startswith(prefix), f"{file}: {value}")


class Python(ServerTestCase):
    """grpcio with stubs that protoc and grpc_python_plugin made."""

    @classmethod
    def setUpClass(cls):
        try:
            cls.grpc = importlib.import_module("grpc")
        except ModuleNotFoundError:
            raise unittest.SkipTest("needs python3-grpcio") from None
        out = tempfile.mkdtemp(prefix="cloudmapd-test-grpc-")
        cls.addClassCleanup(shutil.rmtree, out)
        plugin = shutil.which("grpc_python_plugin")
        protoc(
            f"--python_out={out}",
            f"--grpc_out={out}",
            f"--plugin=protoc-gen-grpc={plugin}",
            *files("cloudmap/v1/*.proto"),
            "grpc/reflection/v1/reflection.proto",
        )
        # The stubs' own folder "grpc" must not stand in for the library.
        shutil.move(f"{out}/grpc", f"{out}/protocols")
        reflection = pathlib.Path(out, "protocols/reflection/v1/reflection_pb2_grpc.py")
        reflection.write_text(reflection.read_text().replace("from grpc.reflection", "from protocols.reflection"))
        sys.path.insert(0, out)
        cls.addClassCleanup(sys.path.remove, out)
        cls.messages = importlib.import_module("cloudmap.v1.service_discovery_pb2")
        cls.stubs = importlib.import_module("cloudmap.v1.service_discovery_pb2_grpc")
        cls.reflection = importlib.import_module("protocols.reflection.v1.reflection_pb2")
        cls.reflection_stubs = importlib.import_module("protocols.reflection.v1.reflection_pb2_grpc")
        cls.server = cls.start_class_server("--store", "memory")
        cls.channel = cls.grpc.insecure_channel(cls.server.grpc)
        cls.addClassCleanup(cls.channel.close)

    def test_a_first_call(self):
        client = self.stubs.ServiceDiscoveryStub(self.channel)
        made = client.CreateHttpNamespace(self.messages.CreateHttpNamespaceRequest(name="apps"), timeout=CALL_SECONDS)
        self.assertTrue(made.operation_id)
        found = client.ListNamespaces(self.messages.ListNamespacesRequest(), timeout=CALL_SECONDS)
        self.assertEqual(["apps"], [each.name for each in found.namespaces])
        with self.assertRaises(self.grpc.RpcError) as failed:
            client.GetService(self.messages.GetServiceRequest(id="srv-none"), timeout=CALL_SECONDS)
        self.assertEqual(self.grpc.StatusCode.NOT_FOUND, failed.exception.code())
        trailing = {key: value for key, value in failed.exception.trailing_metadata()}
        self.assertEqual("ServiceNotFound", trailing["cloudmap-error-type"])

    def reflect(self, *requests):
        stub = self.reflection_stubs.ServerReflectionStub(self.channel)
        return list(stub.ServerReflectionInfo(iter(requests), timeout=CALL_SECONDS))

    def test_reflection_v1_lists_services_and_shows_their_files(self):
        request = self.reflection.ServerReflectionRequest
        listed, shown, unknown = self.reflect(
            request(list_services="*"),
            request(file_containing_symbol="cloudmap.v1.ServiceDiscovery"),
            request(file_containing_symbol="no.such.Thing"),
        )
        names = [service.name for service in listed.list_services_response.service]
        self.assertIn("cloudmap.v1.ServiceDiscovery", names)
        self.assertIn("grpc.reflection.v1.ServerReflection", names)
        from google.protobuf import descriptor_pb2

        found = [
            descriptor_pb2.FileDescriptorProto.FromString(file).name
            for file in shown.file_descriptor_response.file_descriptor_proto
        ]
        self.assertEqual("cloudmap/v1/service_discovery.proto", found[0])
        self.assertIn("cloudmap/v1/resources.proto", found, "with all that it imports")
        self.assertEqual(5, unknown.error_response.error_code)

    def test_reflection_v1_knows_our_extensions(self):
        request = self.reflection.ServerReflectionRequest
        (numbers,) = self.reflect(request(all_extension_numbers_of_type="google.protobuf.FieldOptions"))
        (number,) = numbers.all_extension_numbers_response.extension_number
        extension = self.reflection.ExtensionRequest(
            containing_type="google.protobuf.FieldOptions", extension_number=number
        )
        (shown,) = self.reflect(request(file_containing_extension=extension))
        self.assertTrue(shown.file_descriptor_response.file_descriptor_proto)


if __name__ == "__main__":
    main()
