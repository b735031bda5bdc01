// Respond() over a registry that the first bytes of the input describe; the rest is a packet, or
// what to ask of the names that were made.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "registry/base/check.h"
#include "server/dns/answer/respond.h"
#include "server/dns/testing/test_registry.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/response_check.h"

namespace cloudmap::dns {
namespace {

// Few and short, so that they meet, nest and collide.
constexpr const char* kNamespaces[] = {"a", "b.a", "c", "d.c.b.a", "A"};
constexpr const char* kServices[] = {"b", "c.b", "_s._tcp", "S", ".", "d"};
constexpr const char* kInstances[] = {"i", "I", "b", "i.b", "x/y@z:1", "c"};
constexpr const char* kTargets[] = {"b.a", "c.b.a.", "d.c", "b.c", "out.example", "a"};
constexpr uint16_t kTypes[] = {type::kA,  type::kAaaa, type::kSrv, type::kCname, type::kSoa,
                               type::kNs, type::kAny,  type::kDs,  type::kTxt};

template <typename T, size_t kSize>
const T& Pick(fuzz::FuzzInput& input, const T (&from)[kSize]) {
  return from[input.Below(kSize)];
}

std::string LongLabel(fuzz::FuzzInput& input) { return std::string(input.Below(60) + 1U, 'l'); }

TestRegistry::Types PickTypes(fuzz::FuzzInput& input) {
  const int64_t ttl = input.Byte();
  switch (input.Below(5)) {
    case 0:
      return {{v1::RECORD_TYPE_A, ttl}};
    case 1:
      return {{v1::RECORD_TYPE_A, ttl}, {v1::RECORD_TYPE_AAAA, ttl + 1}};
    case 2:
      return {{v1::RECORD_TYPE_CNAME, ttl}};
    case 3:
      return {{v1::RECORD_TYPE_AAAA, ttl}};
    default:
      return {{v1::RECORD_TYPE_SRV, ttl}};
  }
}

TestRegistry::Attributes PickAttributes(fuzz::FuzzInput& input) {
  if (input.Below(32) == 1) {
    return {{"AWS_ALIAS_DNS_NAME", "elb.example"}};
  }
  const unsigned host = input.Byte();
  return {{"AWS_INSTANCE_IPV4", absl::StrCat("192.0.2.", host)},
          {"AWS_INSTANCE_IPV6", absl::StrCat("2001:db8::", host)},
          {"AWS_INSTANCE_PORT", absl::StrCat(host)},
          {"AWS_INSTANCE_CNAME", Pick(input, kTargets)}};
}

void AddService(fuzz::FuzzInput& input, const std::string& apex, TestRegistry& registry,
                std::vector<std::string>& names) {
  const std::string service = input.Below(8) == 1 ? LongLabel(input) : Pick(input, kServices);
  const auto policy =
      input.Below(2) == 0 ? v1::ROUTING_POLICY_MULTIVALUE : v1::ROUTING_POLICY_WEIGHTED;
  registry.AddService(service, PickTypes(input), policy, input.Below(2) == 0);
  const std::string owner = service == "." ? apex : absl::StrCat(service, ".", apex);
  names.push_back(owner);
  const unsigned instances = input.Below(12);
  for (unsigned i = 0; i < instances; ++i) {
    const std::string id = input.Below(4) == 1 ? absl::StrCat(LongLabel(input), i)
                                               : std::string(Pick(input, kInstances));
    registry.AddInstance(
        service, id, PickAttributes(input),
        input.Below(4) == 1 ? v1::HEALTH_STATUS_UNHEALTHY : v1::HEALTH_STATUS_HEALTHY);
    names.push_back(absl::StrCat(id, ".", owner));
  }
}

// The names that may exist.
std::vector<std::string> FillRegistry(fuzz::FuzzInput& input, TestRegistry& registry) {
  std::vector<std::string> names;
  const unsigned namespaces = input.Below(5);
  for (unsigned n = 0; n < namespaces; ++n) {
    const std::string apex = Pick(input, kNamespaces);
    const auto kind =
        input.Below(3) == 1 ? v1::NAMESPACE_TYPE_DNS_PUBLIC : v1::NAMESPACE_TYPE_DNS_PRIVATE;
    registry.AddNamespace(apex, kind, input.Byte());
    names.push_back(apex);
    const unsigned services = input.Below(4);
    for (unsigned s = 0; s < services; ++s) {
      AddService(input, apex, registry, names);
      if (input.Below(2) == 1) {
        registry.Commit();
      }
    }
    if (services == 0 && input.Below(4) == 1) {
      registry.Commit();
      registry.DeleteNamespace();
    }
  }
  registry.Commit();
  return names;
}

// A well-formed query for one of the names or one near it.
std::vector<uint8_t> MakeQuery(fuzz::FuzzInput& input, const std::vector<std::string>& names) {
  std::string name = names.empty() ? "a" : names[input.Byte() % names.size()];
  switch (input.Below(4)) {
    case 1:
      name = absl::StrCat("x.", name);
      break;
    case 2:
      name = name.substr(std::min(name.find('.'), name.size() - 1) + 1);
      break;
    default:
      break;
  }
  const uint8_t edns = input.Below(2);
  std::vector<uint8_t> packet = {0xab, 0xcd, 0, 0, 0, 1, 0, 0, 0, 0, 0, edns};
  const std::string wire = WireName(name).value_or(std::string(1, '\0'));
  packet.insert(packet.end(), wire.begin(), wire.end());
  const uint16_t qtype = Pick(input, kTypes);
  packet.insert(packet.end(),
                {static_cast<uint8_t>(qtype >> 8), static_cast<uint8_t>(qtype), 0, 1});
  if (edns != 0) {
    packet.insert(packet.end(), {0, 0, type::kOpt, input.Byte(), input.Byte(), 0, 0, 0, 0, 0, 0});
  }
  return packet;
}

void Run(const uint8_t* data, size_t size) {
  fuzz::FuzzInput input(data, size);
  TestRegistry registry;
  const std::vector<std::string> names = FillRegistry(input, registry);
  RespondOptions options;
  options.nsid = input.Below(2) == 0 ? "" : std::string(RespondOptions::kNsidMax, 'n');
  options.outside = input.Below(2) == 1 ? OutsideNames::kDeny : OutsideNames::kRefuse;
  options.allow_recursion = PrefixSet({*IpPrefix::Parse("2001:db8::/32")});
  const auto transport = static_cast<Transport>(input.Below(3));
  const std::vector<uint8_t> packet = input.Below(2) == 0 ? input.Rest() : MakeQuery(input, names);

  const SocketAddress address = *SocketAddress::Parse("[2001:db8::1]:5353");
  Worker worker(1);
  const bool udp = transport == Transport::kUdp;
  std::vector<uint8_t> out(udp ? options.udp_payload : kMaxMessageSize);
  const size_t written =
      Respond(packet, {registry.zones(), CacheTable(registry.zones().hash_key())}, options,
              {transport, address, 1'700'000'000}, worker, out)
          .size;
  const bool ignorable = packet.size() < kHeaderSize || (packet[2] & 0x80) != 0;
  CLOUDMAP_CHECK((written == 0) == ignorable, "all but short packets and responses are answered");
  if (written != 0) {
    fuzz::CheckResponse(packet, std::span(out).first(written),
                        {udp ? fuzz::UdpLimit(packet, options.udp_payload) : kMaxMessageSize, udp});
  }
}

}  // namespace
}  // namespace cloudmap::dns

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudmap::dns::Run(data, size);
  return 0;
}
