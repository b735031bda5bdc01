#!/usr/bin/env python3
"""The README's tour with the programs that people have: aws, dig and cloudmapctl, and restarts."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import programs
from support.server import ServerTestCase, main


class Tour(ServerTestCase):
    def make_service(self, aws):
        """The tour's namespace sd.local and service my-app: (namespace id, service id)."""
        started = aws("create-private-dns-namespace", "--name", "sd.local", "--vpc", "vpc-1234abcd")
        operation = aws("get-operation", "--operation-id", started["OperationId"])["Operation"]
        self.assertEqual("SUCCESS", operation["Status"])
        namespace = operation["Targets"]["NAMESPACE"]
        self.assertEqual(["sd.local"], [n["Name"] for n in aws("list-namespaces")["Namespaces"]])

        config = f"NamespaceId={namespace},RoutingPolicy=MULTIVALUE,DnsRecords=[{{Type=A,TTL=10}}]"
        service = aws("create-service", "--name", "my-app", "--dns-config", config)["Service"]
        self.assertEqual({"Type": "A", "TTL": 10}, service["DnsConfig"]["DnsRecords"][0])
        return namespace, service["Id"]

    def register(self, call, service, instance, address):
        attributes = f"AWS_INSTANCE_IPV4={address},stage=beta"
        words = ["--service-id", service, "--instance-id", instance, "--attributes", attributes]
        return call("register-instance", *words)["OperationId"]

    def test_tour_with_every_aws_cli(self):
        for version, path in programs.aws_programs():
            with self.subTest(version):
                self.tour(programs.AwsCli(path))

    def tour(self, cli):
        server = self.start_server()
        aws, ctl = cli.on(server), programs.ctl_on(server)
        _, service = self.make_service(aws)
        self.assertEqual([], programs.dig(server, "my-app.sd.local"))

        self.register(aws, service, "i-1", "10.0.0.1")
        self.assertEqual(["10.0.0.1"], programs.dig(server, "my-app.sd.local"))
        self.register(aws, service, "i-2", "10.0.0.2")
        both = ["10.0.0.1", "10.0.0.2"]
        self.assertEqual(both, programs.dig(server, "my-app.sd.local"))
        self.assertEqual(both, programs.dig(server, "my-app.sd.local", "+tcp"))
        self.assertRegex(
            programs.dig_full(server, "my-app.sd.local"),
            r"my-app\.sd\.local\.\t+10\tIN\tA\t10\.0\.0\.1",
        )

        server.stop()
        server.start()
        self.assertEqual(both, programs.dig(server, "my-app.sd.local"))
        self.check_same_over_grpc(aws, ctl, service)

        self.register(ctl, service, "i-3", "10.0.0.3")
        self.assertEqual([*both, "10.0.0.3"], programs.dig(server, "my-app.sd.local"))
        server.kill()
        server.start()
        self.assertEqual([*both, "10.0.0.3"], programs.dig(server, "my-app.sd.local"))

        aws("deregister-instance", "--service-id", service, "--instance-id", "i-1")
        self.assertEqual(["10.0.0.2", "10.0.0.3"], programs.dig(server, "my-app.sd.local"))
        for instance in ("i-2", "i-3"):
            ctl("deregister-instance", "--service-id", service, "--instance-id", instance)
        self.assertIn("status: NXDOMAIN", programs.dig_full(server, "my-app.sd.local"))

    def check_same_over_grpc(self, aws, ctl, service):
        """cloudmapctl prints what aws prints, and the members that an older aws drops."""
        for words in (
            ["list-namespaces"],
            ["list-services"],
            ["get-service", "--id", service],
            ["list-instances", "--service-id", service],
            ["get-instance", "--service-id", service, "--instance-id", "i-2"],
            ["list-operations"],
        ):
            theirs = without_dates(aws(*words))
            self.assertEqual(theirs, known_to(theirs, ctl(*words)), words)
        found = ctl(
            "discover-instances", "--namespace-name", "sd.local", "--service-name", "my-app"
        )
        addresses = sorted(i["Attributes"]["AWS_INSTANCE_IPV4"] for i in found["Instances"])
        self.assertEqual(["10.0.0.1", "10.0.0.2"], addresses)

    def test_everything_is_there_after_each_restart(self):
        server = self.start_server()
        aws = programs.AwsCli(programs.aws_programs()[0][1]).on(server)
        namespace, service = self.make_service(aws)
        operation = self.register(aws, service, "i-1", "10.0.0.1")
        questions = (
            ["get-namespace", "--id", namespace],
            ["get-service", "--id", service],
            ["get-instance", "--service-id", service, "--instance-id", "i-1"],
            ["get-operation", "--operation-id", operation],
        )
        before = [aws(*words) for words in questions]
        for end in (server.stop, server.kill, server.kill):
            end()
            server.start()
            self.assertEqual(before, [aws(*words) for words in questions])
            self.assertEqual(["10.0.0.1"], programs.dig(server, "my-app.sd.local"))


def without_dates(answer):
    """The CLIs print times in forms of their own."""
    if isinstance(answer, dict):
        return {k: without_dates(v) for k, v in answer.items() if not k.endswith("Date")}
    if isinstance(answer, list):
        return [without_dates(item) for item in answer]
    return answer


def known_to(theirs, ours):
    """Our answer without the members that theirs lacks."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        return {k: known_to(v, ours[k]) for k, v in theirs.items() if k in ours}
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [known_to(*pair) for pair in zip(theirs, ours)]
    return ours


if __name__ == "__main__":
    main()
