"""The base of tests that speak to the AWS JSON endpoint of one server per class."""

import itertools

import botocore
import botocore.exceptions

from support import aws
from support.server import ServerTestCase


class ApiTestCase(ServerTestCase):
    """`self.client` is boto3's; `self.endpoint` sends bare requests to the same server."""

    server_flags = ("--store", "memory")
    _numbers = itertools.count(1)

    @classmethod
    def setUpClass(cls):
        cls.server = cls.start_class_server(*cls.server_flags)
        cls.client = aws.boto3_client(cls.server)
        cls.addClassCleanup(cls.client.close)
        cls.endpoint = aws.Endpoint(cls.server)
        cls.addClassCleanup(cls.endpoint.close)

    def unique(self, stem):
        """A name that no other test uses."""
        return f"{stem}-{next(self._numbers)}"

    def call(self, operation, **members):
        """Through boto3, or as a bare request if boto3 is older than what is called."""
        if not self.is_known(operation, members):
            print(f"[{operation}: bare request, boto3 is too old] ", end="", flush=True)
            return self.bare(operation, **members)
        answer = getattr(self.client, botocore.xform_name(operation))(**members)
        answer.pop("ResponseMetadata")
        return answer

    def is_known(self, operation, members):
        model = self.client.meta.service_model
        if operation not in model.operation_names:
            return False
        return members.keys() <= model.operation_model(operation).input_shape.members.keys()

    def bare(self, operation, **members):
        """The answer with all members, also those that an old boto3 drops."""
        status, _, body = self.endpoint.post(operation, members)
        if status != 200:
            error = {"Code": body["__type"], "Message": body["Message"]}
            raise botocore.exceptions.ClientError({"Error": error, **body}, operation)
        return body

    def succeed(self, answer):
        """The operation of an asynchronous call's answer, which must succeed."""
        return aws.succeed(self, self.client, answer)

    def create_namespace(self, kind="PrivateDns", name=None, **members):
        """The namespace, as GetNamespace gives it."""
        members["Name"] = name or self.unique("ns") + ".test"
        if kind == "PrivateDns":
            members.setdefault("Vpc", "vpc-1234abcd")
        operation = self.succeed(self.call(f"Create{kind}Namespace", **members))
        return self.call("GetNamespace", Id=operation["Targets"]["NAMESPACE"])["Namespace"]

    def create_service(self, namespace, name="web", records=("A",), ttl=10, **members):
        """The service; `records` are types, () for none."""
        if records:
            config = members.setdefault("DnsConfig", {})
            config.setdefault("DnsRecords", [{"Type": kind, "TTL": ttl} for kind in records])
        return self.call("CreateService", Name=name, NamespaceId=namespace["Id"], **members)[
            "Service"
        ]

    def register(self, service, instance, /, **attributes):
        """Registers and waits."""
        answer = self.call(
            "RegisterInstance", ServiceId=service["Id"], InstanceId=instance, Attributes=attributes
        )
        return self.succeed(answer)

    def refused(self, code, operation, /, **members):
        """The whole error answer of a call that must fail with this code and HTTP status 400."""
        with self.assertRaises(botocore.exceptions.ClientError) as caught:
            self.call(operation, **members)
        answer = caught.exception.response
        self.assertEqual(code, answer["Error"]["Code"], answer["Error"])
        if "ResponseMetadata" in answer:
            self.assertEqual(400, answer["ResponseMetadata"]["HTTPStatusCode"])
        return answer

    def refusal(self, code, operation, /, **members):
        """The text of such an error."""
        return self.refused(code, operation, **members)["Error"]["Message"]
