#include "server/dns/notifier.h"

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "server/net/thread.h"

namespace cloudmap::dns {
namespace {

// RFC 1996 s3.6: asked again at growing distances, up to five times.
constexpr int kAttempts = 5;

std::string KeyOf(NameView apex) { return {reinterpret_cast<const char*>(apex.bytes), apex.size}; }

}  // namespace

Notifier::Notifier(std::vector<SocketAddress> peers, const Published<ZoneTable>& zones,
                   uint64_t seed, absl::Duration interval)
    : peers_(std::move(peers)), zones_(zones), random_(seed), interval_(interval) {}

Notifier::~Notifier() { Stop(); }

absl::Status Notifier::Start() {
  for (const SocketAddress& peer : peers_) {
    UniqueFd& fd = peer.is_v4() ? v4_ : v6_;
    if (fd.get() < 0) {
      fd = UniqueFd(socket(peer.get()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    }
    if (fd.get() < 0) {
      return absl::UnavailableError(
          absl::StrCat("--notify ", peer.ToString(), ": socket: ", strerror(errno)));
    }
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
      if (pending.confirmed || pending.attempts == kAttempts || pending.intervals_to_wait-- > 0) {
        continue;
      }
      Send(*zone, peers_[peer], pending.id);
      pending.intervals_to_wait = 1 << pending.attempts;
      ++pending.attempts;
    }
  });
  // What is no zone any more is forgotten.
  pending_.swap(next);
  zones_.Release();
}

void Notifier::Send(const Zone& zone, const SocketAddress& peer, uint16_t id) {
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
  const int fd = peer.is_v4() ? v4_.get() : v6_.get();
  // What cannot be sent now is sent again later.
  sendto(fd, packet.data(), packet.size(), 0, peer.get(), peer.size());
}

void Notifier::ReadConfirmations() {
  for (const int fd : {v4_.get(), v6_.get()}) {
    if (fd < 0) {
      continue;
    }
    std::array<uint8_t, 512> packet{};
    SocketAddress from;
    socklen_t from_size = SocketAddress::kMaxSize;
    ssize_t size = 0;
    while ((size = recvfrom(fd, packet.data(), packet.size(), 0, from.get(), &from_size)) >= 0) {
      from_size = SocketAddress::kMaxSize;
      const uint16_t flags = Load16(packet.data() + 2);
      if (size < static_cast<ssize_t>(kHeaderSize) || (flags & kFlagQr) == 0) {
        continue;
      }
      for (auto& [key, pending] : pending_) {
        pending.confirmed |= pending.id == Load16(packet.data()) && pending.attempts != 0 &&
                             peers_[key.second].ToString() == from.ToString();
      }
    }
  }
}

}  // namespace cloudmap::dns
