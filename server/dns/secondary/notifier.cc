#include "server/dns/secondary/notifier.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"
#include "registry/base/thread.h"
#include "server/net/system_error.h"

namespace cloudmap::dns {
namespace {

// RFC 1996 s3.6: asked again at growing distances, up to this many intervals. A peer that is away
// for long is told within a minute of its return; its own refresh timer is hours.
constexpr int kLongestWait = 60;

absl::string_view TextOf(NameView name) {
  return {reinterpret_cast<const char*>(name.bytes), name.size};
}

// Whether a packet from `source` can reach `peer`; a wildcard leaves the choice to the kernel.
bool CanReach(const SocketAddress& source, const SocketAddress& peer) {
  return source.is_v4() == peer.is_v4() && !source.is_wildcard() &&
         source.is_loopback() == peer.is_loopback();
}

absl::StatusOr<UniqueFd> Open(const std::vector<SocketAddress>& sources,
                              const SocketAddress& peer) {
  const auto failed = [&peer](const char* call) {
    return absl::UnavailableError(
        absl::StrCat("--notify ", peer.ToString(), ": ", call, ": ", ReasonOf(errno)));
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
      interval_(interval),
      zones_(zones),
      random_(seed) {}

Notifier::~Notifier() { Stop(); }

absl::Status Notifier::Start() {
  for (const SocketAddress& peer : peers_) {
    ASSIGN_OR_RETURN(UniqueFd fd, Open(sources_, peer));
    sockets_.push_back(std::move(fd));
  }
  ASSIGN_OR_RETURN(thread_, StartThread("dns-notify", [this] { Run(); }));
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
  ++round_;
  zones_.Current().ForEach([this](const ZonePtr& zone) {
    const absl::string_view apex = TextOf(zone->apex());
    auto found = announced_.find(apex);
    if (found == announced_.end()) {
      found = announced_.emplace(apex, Announced()).first;
    }
    Announced& announced = found->second;
    announced.round = round_;
    if (announced.peers.empty() || announced.serial != zone->serial()) {
      announced.serial = zone->serial();
      announced.peers.assign(peers_.size(), Pending());
      for (Pending& pending : announced.peers) {
        pending.id = static_cast<uint16_t>(random_.Next());
      }
    }
    for (size_t peer = 0; peer < peers_.size(); ++peer) {
      AnnounceTo(peer, *zone, announced.peers[peer]);
    }
  });
  zones_.Release();
  // What is no zone any more is forgotten.
  absl::erase_if(announced_, [this](const auto& entry) { return entry.second.round != round_; });
}

void Notifier::AnnounceTo(size_t peer, const Zone& zone, Pending& pending) {
  if (pending.confirmed || pending.wait-- > 0) {
    return;
  }
  Send(zone, peer, pending.id);
  pending.sent = true;
  pending.wait = pending.next_wait;
  pending.next_wait = std::min(2 * pending.next_wait, kLongestWait);
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
    std::array<uint8_t, kMinUdpPayload> packet{};
    SocketAddress from;
    while (true) {
      socklen_t from_size = SocketAddress::kMaxSize;
      const ssize_t size =
          recvfrom(sockets_[peer].get(), packet.data(), packet.size(), 0, from.get(), &from_size);
      if (size < 0) {
        break;
      }
      if (from.ToString() == peers_[peer].ToString()) {
        Confirm(peer, std::span<const uint8_t>(packet).first(static_cast<size_t>(size)));
      }
    }
  }
}

// A response of any rcode will do: the peer has been told.
void Notifier::Confirm(size_t peer, std::span<const uint8_t> response) {
  if (response.size() < kHeaderSize || (Load16(response.data() + 2) & kFlagQr) == 0) {
    return;
  }
  const uint16_t id = Load16(response.data());
  const auto confirm = [peer, id](Announced& announced) {
    Pending& pending = announced.peers[peer];
    pending.confirmed |= pending.sent && pending.id == id;
  };
  LookupName name;
  if (Load16(response.data() + 4) == 1 && name.Parse(response, kHeaderSize) != 0) {
    const auto found = announced_.find(TextOf(name.view()));
    if (found != announced_.end()) {
      confirm(found->second);
    }
    return;
  }
  // Some errors come without the question.
  for (auto& [apex, announced] : announced_) {
    confirm(announced);
  }
}

}  // namespace cloudmap::dns
