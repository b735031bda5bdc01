// One call of each kind with the AWS SDK for JavaScript v3, as JSON on stdout.
//
//   node calls.mjs ENDPOINT               the two Discover operations without their host prefix
//   node calls.mjs ENDPOINT DNS-ADDRESS   with it: data-HOST is looked up at that DNS server
import dns from "node:dns";
import * as sdk from "@aws-sdk/client-servicediscovery";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import http from "node:http";

const [endpoint, nameServer] = process.argv.slice(2);
const lookedUp = [];

// Node's own `lookup` contract, answered by one DNS server only.
function lookupAt(server) {
  const resolver = new dns.Resolver();
  resolver.setServers([server]);
  return (host, options, done) => {
    lookedUp.push(host);
    resolver.resolve4(host, (error, addresses) => {
      if (error) return done(error);
      if (options.all) return done(null, addresses.map((address) => ({ address, family: 4 })));
      done(null, addresses[0], 4);
    });
  };
}

const agent = new http.Agent({ keepAlive: true, lookup: nameServer ? lookupAt(nameServer) : undefined });
const client = new sdk.ServiceDiscoveryClient({
  endpoint,
  region: "us-east-1",
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" },
  disableHostPrefix: !nameServer,
  maxAttempts: 1,
  requestHandler: new NodeHttpHandler({ httpAgent: agent }),
});
const called = [];

async function call(operation, input = {}) {
  called.push(operation);
  const { $metadata, ...output } = await client.send(new sdk[`${operation}Command`](input));
  if ($metadata.httpStatusCode !== 200 || !$metadata.requestId) throw new Error(`${operation}: ${JSON.stringify($metadata)}`);
  return output;
}

async function succeed({ OperationId }) {
  for (let attempt = 0; attempt < 200; ++attempt) {
    const { Operation } = await call("GetOperation", { OperationId });
    if (Operation.Status === "SUCCESS") return Operation;
    if (Operation.Status === "FAIL") throw new Error(JSON.stringify(Operation));
  }
  throw new Error(`operation ${OperationId} did not end`);
}

async function failure(operation, input) {
  try {
    await call(operation, input);
  } catch (error) {
    const { name, message, $fault, $metadata, NamespaceId } = error;
    return { name, message, fault: $fault, status: $metadata?.httpStatusCode, typed: error instanceof sdk[name], NamespaceId };
  }
  throw new Error(`${operation} did not fail`);
}

const seen = {};
const http1 = await succeed(await call("CreateHttpNamespace", { Name: "js-http" }));
seen.exists = await failure("CreateHttpNamespace", { Name: "js-http" });
seen.httpNamespace = http1.Targets.NAMESPACE;
await succeed(await call("UpdateHttpNamespace", { Id: http1.Targets.NAMESPACE, Namespace: { Description: "d" } }));
const soa = { DnsProperties: { SOA: { TTL: 30 } } };
const open = await succeed(await call("CreatePublicDnsNamespace", { Name: "js.example.com", Properties: soa }));
await succeed(await call("UpdatePublicDnsNamespace", { Id: open.Targets.NAMESPACE, Namespace: { Properties: soa } }));
const tags = [{ Key: "k", Value: "" }];
const created = await succeed(await call("CreatePrivateDnsNamespace", { Name: "js.test", Vpc: "vpc-1234abcd", Tags: tags }));
const Id = created.Targets.NAMESPACE;
await succeed(await call("UpdatePrivateDnsNamespace", { Id, Namespace: { Description: "d" } }));
const { Namespace } = await call("GetNamespace", { Id });
seen.namespace = Namespace;
seen.namespaceDate = Namespace.CreateDate instanceof Date && Math.abs(Date.now() - Namespace.CreateDate) < 600000;
const ResourceARN = Namespace.Arn;
seen.tags = (await call("ListTagsForResource", { ResourceARN })).Tags;
await call("TagResource", { ResourceARN, Tags: [{ Key: "l", Value: "m" }] });
await call("UntagResource", { ResourceARN, TagKeys: ["k", "l"] });

const DnsConfig = { DnsRecords: [{ Type: "A", TTL: 10 }] };
const { Service } = await call("CreateService", { Name: "web", NamespaceId: Id, DnsConfig, HealthCheckCustomConfig: {} });
const ServiceId = Service.Id;
seen.service = (await call("GetService", { Id: ServiceId })).Service;
await succeed(await call("UpdateService", { Id: ServiceId, Service: { Description: "d", DnsConfig } }));
await call("UpdateServiceAttributes", { ServiceId, Attributes: { a: "1", b: "2" } });
await call("DeleteServiceAttributes", { ServiceId, Attributes: ["a"] });
seen.serviceAttributes = (await call("GetServiceAttributes", { ServiceId })).ServiceAttributes.Attributes;

const Attributes = { AWS_INSTANCE_IPV4: "10.0.0.1", stage: "beta" };
await succeed(await call("RegisterInstance", { ServiceId, InstanceId: "i-1", Attributes }));
seen.instance = (await call("GetInstance", { ServiceId, InstanceId: "i-1" })).Instance;
await call("UpdateInstanceCustomHealthStatus", { ServiceId, InstanceId: "i-1", Status: "UNHEALTHY" });
seen.health = (await call("GetInstancesHealthStatus", { ServiceId })).Status;
const names = { NamespaceName: "js.test", ServiceName: "web" };
seen.discovered = await call("DiscoverInstances", { ...names, HealthStatus: "ALL" });
seen.revision = (await call("DiscoverInstancesRevision", names)).InstancesRevision;
seen.notFound = await failure("DiscoverInstancesRevision", { ...names, ServiceName: "none" });

seen.paged = {};
for (const [kind, input] of Object.entries({ Namespaces: {}, Services: {}, Instances: { ServiceId }, Operations: {} })) {
  called.push(`List${kind}`);
  seen.paged[kind] = 0;
  const paginate = sdk[`paginateList${kind}`];
  for await (const page of paginate({ client, pageSize: 1 }, input)) seen.paged[kind] += page[kind].length;
}

await succeed(await call("DeregisterInstance", { ServiceId, InstanceId: "i-1" }));
await call("DeleteService", { Id: ServiceId });
await succeed(await call("DeleteNamespace", { Id }));
console.log(JSON.stringify({ called: [...new Set(called)], lookedUp: [...new Set(lookedUp)], ...seen }));
client.destroy();
agent.destroy();
