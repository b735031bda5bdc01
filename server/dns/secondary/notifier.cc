#include "server/dns/secondary/notifier.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "server/net/thread.h"

namespace cloudmap::dns {
namespace {

// RFC 1996 s3.6: asked again at growing distances, up to this many intervals. A peer that is away
// for long is told within a minute of its return; its own refresh timer is hours.
constexpr int kLongestWait = 60;

std::string KeyOf(NameView apex) { return {reinterpret_cast<const char*>(apex.bytes), apex.size}; }

// Whether a packet from `source` can reach `peer`; a wildcard leaves the choice to the kernel.
bool CanReach(const SocketAddress& source, const SocketAddress& peer) {
  return source.is_v4() == peer.is_v4() && !source.is_wildcard() &&
         source.is_loopback() == peer.is_loopback();
}

absl::StatusOr<UniqueFd> Open(const std::vector<SocketAddress>& sources,
                              const SocketAddress& peer) {
  const auto failed = [&peer](const char* call) {
    return absl::UnavailableError(
        absl::StrCat("--notify ", peer.ToString(), ": ", call, ": ", strerror(errno)));
  };
  UniqueFd fd(socket(peer.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (fd.get() < 0) {
    return failed("socket");
  }
  const auto source = std::find_if(sources.begin(), sources.end(), [&peer](const auto& address) {
    return CanReach(address, peer);
  });
  if (source != sources.end()) {
    SocketAddress any_port = *source;
    any_port.set_port(0);
    if (bind(fd.get(), any_port.get(), any_port.size()) != 0) {
      return failed("bind");
    }
  }
  return fd;
}

}  // namespace

Notifier::Notifier(std::vector<SocketAddress> peers, std::vector<SocketAddress> sources,
                   const Published<ZoneTable>& zones, uint64_t seed, absl::Duration interval)
    : peers_(std::move(peers)),
      sources_(std::move(sources)),
      zones_(zones),
      random_(seed),
      interval_(interval) {}

Notifier::~Notifier() { Stop(); }

absl::Status Notifier::Start() {
  for (const SocketAddress& peer : peers_) {
    ASSIGN_OR_RETURN(UniqueFd fd, Open(sources_, peer));
    sockets_.push_back(std::move(fd));
  }
  thread_ = std::thread([this] {
    SetThreadName("dns-notify");
    Run();
  });
  return absl::OkStatus();
}

void Notifier::Stop() {
  if (thread_.joinable()) {
    stop_.Notify();
    thread_.join();
  }
}

void Notifier::Run() {
  do {
    ReadConfirmations();
    Announce();
  } while (!stop_.WaitForNotificationWithTimeout(interval_));
}

void Notifier::Announce() {
  std::map<std::pair<std::string, size_t>, Pending> next;
  zones_.Current().ForEach([&](const ZonePtr& zone) {
    for (size_t peer = 0; peer < peers_.size(); ++peer) {
      const auto key = std::pair(KeyOf(zone->apex()), peer);
      Pending& pending = next[key];
      const auto known = pending_.find(key);
      if (known != pending_.end() && known->second.serial == zone->serial()) {
        pending = known->second;
      } else {
        pending.serial = zone->serial();
        pending.id = static_cast<uint16_t>(random_.Next());
      }
      if (pending.confirmed || pending.intervals_to_wait-- > 0) {
        continue;
      }
      Send(*zone, peer, pending.id);
      pending.sent = true;
      pending.intervals_to_wait = pending.next_wait;
      pending.next_wait = std::min(2 * pending.next_wait, kLongestWait);
    }
  });
  // What is no zone any more is forgotten.
  pending_.swap(next);
  zones_.Release();
}

void Notifier::Send(const Zone& zone, size_t peer, uint16_t id) {
  const NameView apex = zone.apex();
  const RecordView soa = zone.authority().Find(type::kSoa)->record(0);
  std::vector<uint8_t> packet(kHeaderSize);
  Store16(packet.data(), id);
  Store16(packet.data() + 2,
          static_cast<uint16_t>(static_cast<unsigned>(Opcode::kNotify) << kOpcodeShift | kFlagAa));
  Store16(packet.data() + 4, 1);
  Store16(packet.data() + 6, 1);
  packet.insert(packet.end(), apex.bytes, apex.bytes + apex.size);
  packet.insert(packet.end(), {0, type::kSoa, 0, kClassIn});
  packet.insert(packet.end(), soa.bytes, soa.bytes + soa.size);  // owned by the question's name
  // What cannot be sent now is sent again later.
  const SocketAddress& to = peers_[peer];
  sendto(sockets_[peer].get(), packet.data(), packet.size(), 0, to.get(), to.size());
}

void Notifier::ReadConfirmations() {
  for (size_t peer = 0; peer < peers_.size(); ++peer) {
    std::array<uint8_t, 512> packet{};
    SocketAddress from;
    socklen_t from_size = SocketAddress::kMaxSize;
    ssize_t size = 0;
    while ((size = recvfrom(sockets_[peer].get(), packet.data(), packet.size(), 0, from.get(),
                            &from_size)) >= 0) {
      from_size = SocketAddress::kMaxSize;
      const uint16_t flags = Load16(packet.data() + 2);
      if (size < static_cast<ssize_t>(kHeaderSize) || (flags & kFlagQr) == 0) {
        continue;
      }
      for (auto& [key, pending] : pending_) {
        pending.confirmed |= key.second == peer && pending.id == Load16(packet.data()) &&
                             pending.sent && from.ToString() == peers_[peer].ToString();
      }
    }
  }
}

}  // namespace cloudmap::dns
