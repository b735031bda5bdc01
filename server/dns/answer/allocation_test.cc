// Respond() never allocates. A program of its own, because it replaces operator new.
#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "server/dns/answer/respond.h"
#include "server/dns/testing/test_registry.h"

namespace {

std::atomic<int64_t> allocations{0};

void* Count(size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* p = std::malloc(size);
  if (p == nullptr) {
    std::abort();
  }
  return p;
}

}  // namespace

void* operator new(size_t size) { return Count(size); }
void* operator new[](size_t size) { return Count(size); }
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, size_t) noexcept { std::free(p); }
void operator delete[](void* p, size_t) noexcept { std::free(p); }

namespace cloudmap::dns {
namespace {

std::vector<uint8_t> Packet(const std::string& name, uint16_t qtype, bool edns) {
  std::vector<uint8_t> packet = {1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, static_cast<uint8_t>(edns)};
  const std::string wire = *WireName(name);
  packet.insert(packet.end(), wire.begin(), wire.end());
  packet.insert(packet.end(),
                {static_cast<uint8_t>(qtype >> 8), static_cast<uint8_t>(qtype), 0, 1});
  if (edns) {
    // A client cookie, NSID and a client subnet.
    packet.insert(packet.end(), {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 24, 0, 10, 0, 8, 1, 2, 3,
                                 4, 5, 6,  7, 8,   0, 3, 0, 0, 0, 8,  0, 4,  0, 1, 0, 0});
  }
  return packet;
}

TEST(Allocation, RespondNeverAllocates) {
  TestRegistry registry;
  registry.AddNamespace("sd.local");
  registry.AddService("few", {{v1::RECORD_TYPE_A, 60}, {v1::RECORD_TYPE_AAAA, 60}});
  registry.AddService("many", {{v1::RECORD_TYPE_A, 60}});
  registry.AddService("_p._tcp", {{v1::RECORD_TYPE_SRV, 60}});
  for (int i = 0; i < 200; ++i) {
    const std::string n = std::to_string(i);
    const TestRegistry::Attributes attributes = {{"AWS_INSTANCE_IPV4", "192.0.2." + n},
                                                 {"AWS_INSTANCE_IPV6", "2001:db8::" + n},
                                                 {"AWS_INSTANCE_PORT", "80"}};
    for (const char* service : {"few", "many", "_p._tcp"}) {
      if (service != std::string("few") || i < 8) {
        registry.AddInstance(service, "i" + n, attributes);
      }
    }
  }
  registry.AddService("www", {{v1::RECORD_TYPE_CNAME, 60}}, v1::ROUTING_POLICY_WEIGHTED);
  registry.AddInstance("www", "i", {{"AWS_INSTANCE_CNAME", "few.sd.local"}});
  registry.AddService("alias", {{v1::RECORD_TYPE_A, 60}});
  registry.AddInstance("alias", "i", {{"AWS_ALIAS_DNS_NAME", "lb.example.com"}});
  registry.Commit();

  RespondOptions options;
  options.nsid = "node";
  std::vector<std::vector<uint8_t>> packets;
  for (const bool edns : {false, true}) {
    for (const char* name : {"few.sd.local", "many.sd.local", "_p._tcp.sd.local", "www.sd.local",
                             "i7._p._tcp.sd.local", "alias.sd.local", "missing.sd.local",
                             "_tcp.sd.local", "sd.local", "example.com", "."}) {
      for (const uint16_t qtype :
           {type::kA, type::kAaaa, type::kSrv, type::kCname, type::kSoa, type::kNs, type::kDs,
            type::kAny, type::kTxt, type::kOpt, type::kAxfr}) {
        packets.push_back(Packet(name, qtype, edns));
      }
    }
  }
  // Also what is malformed: every prefix of one packet.
  for (size_t size = packets.back().size(); size-- > 0;) {
    packets.emplace_back(packets.back().begin(),
                         packets.back().begin() + static_cast<std::ptrdiff_t>(size));
  }
  const SocketAddress address = *SocketAddress::Parse("192.0.2.1:53");
  std::vector<uint8_t> out(kMaxMessageSize);
  Worker worker(1);
  const ZoneTable& zones = registry.zones();
  const CacheTable cache(zones.hash_key());
  size_t bytes = 0;
  const int64_t before = allocations.load();
  for (const Transport transport : {Transport::kUdp, Transport::kTcp, Transport::kTls}) {
    const Client client{transport, address, 1700000000};
    for (const auto& packet : packets) {
      bytes += Respond(packet, {zones, cache}, options, client, worker, out).size;
    }
  }
  EXPECT_EQ(allocations.load(), before);
  EXPECT_GT(bytes, packets.size() * 3 * 12 / 2);
}

}  // namespace
}  // namespace cloudmap::dns
