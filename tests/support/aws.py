"""Calls the AWS JSON endpoint of a server: through boto3, and as a bare HTTP request."""

import atexit
import functools
import gzip
import http.client
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import uuid

import boto3
import botocore
import botocore.config
import botocore.session

API = pathlib.PurePath("servicediscovery", "2017-03-14")
ACCOUNT = "000000000000"
REGION = "us-east-1"
# Any credentials do, unless the server was given some.
ACCESS_KEY, SECRET_KEY = "AKIDEXAMPLE", "secret"
CLI_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
    "AWS_PAGER": "",
}


def _botocore_of(python):
    """(version, data directory) of the botocore that a Python has, or None."""
    program = "import botocore; print(botocore.__version__, botocore.__file__)"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None
    version, path = done.stdout.split()
    return tuple(int(part) for part in version.split(".")), pathlib.Path(path).parent / "data"


def newest_botocore():
    """(version, data directory) of the newest botocore of any Python in the PATH."""
    pythons = {sys.executable}
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        candidate = shutil.which("python3", path=folder)
        if candidate:
            pythons.add(candidate)
    return max(found for found in map(_botocore_of, sorted(pythons)) if found)


def read_api_file(data_dir, name):
    """A JSON file of the service's API definition, which newer versions compress."""
    path = data_dir / API / name
    if path.exists():
        return json.loads(path.read_bytes())
    return json.loads(gzip.decompress(path.with_name(name + ".gz").read_bytes()))


@functools.cache
def _newer_model_folder():
    """A folder for botocore's loader with the newest API model; None if it has that itself."""
    version, data_dir = newest_botocore()
    if version <= tuple(int(part) for part in botocore.__version__.split(".")):
        return None
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cloudmapd-test-model-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    (folder / API).mkdir(parents=True)
    for name in ("service-2.json", "paginators-1.json", "endpoint-rule-set-1.json"):
        (folder / API / name).write_text(json.dumps(read_api_file(data_dir, name)))
    return str(folder)


def _session():
    """A botocore session that knows the newest API model on the machine."""
    session = botocore.session.Session()
    if _newer_model_folder():
        session.get_component("data_loader").search_paths.insert(0, _newer_model_folder())
    return session


def boto3_client(server, **config):
    """A boto3 client. It does not retry, and it sends what a user's would refuse."""
    settings = {
        "inject_host_prefix": False,
        "parameter_validation": False,
        "retries": {"total_max_attempts": 1},
        "max_pool_connections": 4,
        **config,
    }
    return boto3.session.Session(botocore_session=_session()).client(
        "servicediscovery",
        endpoint_url=server.http_url,
        region_name=REGION,
        aws_access_key_id=ACCESS_KEY,
        aws_secret_access_key=SECRET_KEY,
        config=botocore.config.Config(**settings),
    )


class Endpoint:
    """Bare requests over one keep-alive connection.

    status, headers, body = Endpoint(server).post("GetService", {"Id": "srv-x"})
    """

    def __init__(self, server, headers=None, tls=None):
        """`tls` is an SSLContext when the server has a certificate."""
        self._headers = headers or {}
        if tls is None:
            self._connection = http.client.HTTPConnection(*server.http, timeout=60)
        else:
            self._connection = http.client.HTTPSConnection(*server.http, timeout=60, context=tls)

    def post(self, operation, body, headers=None):
        """(status, headers, parsed body) for any operation name and any bytes or JSON value."""
        status, received, text = self.post_text(operation, body, headers)
        return status, received, json.loads(text or "{}")

    def post_text(self, operation, body, headers=None):
        """The same with the answer's body as it came."""
        payload = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {
            "X-Amz-Target": f"Route53AutoNaming_v20170314.{operation}",
            "Content-Type": "application/x-amz-json-1.1",
            **self._headers,
            **(headers or {}),
        }
        self._connection.request("POST", "/", payload, sent)
        response = self._connection.getresponse()
        return response.status, dict(response.getheaders()), response.read().decode()

    def call(self, operation, **members):
        """The answer's body; any error fails."""
        status, _, body = self.post(operation, members)
        assert status == 200, f"{operation} answered {status}: {body}"
        return body

    def get(self, path):
        """(status, body) of a GET."""
        self._connection.request("GET", path)
        response = self._connection.getresponse()
        return response.status, response.read().decode()

    def close(self):
        self._connection.close()


def wait_for(client, operation_id, attempts=200):
    """Polls an operation as Terraform does, and returns it once it has ended."""
    for _ in range(attempts):
        operation = client.get_operation(OperationId=operation_id)["Operation"]
        if operation["Status"] not in ("SUBMITTED", "PENDING"):
            return operation
    raise AssertionError(f"operation {operation_id} is still {operation['Status']}")


def succeed(test, client, answer):
    """Waits for the operation that an asynchronous call started and demands SUCCESS."""
    operation = wait_for(client, answer["OperationId"])
    test.assertEqual("SUCCESS", operation["Status"], operation)
    return operation


def token():
    return str(uuid.uuid4())
