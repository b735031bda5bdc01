#include "server/dns/transport/udp.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "registry/base/check.h"
#include "server/dns/answer/warm_up.h"
#include "server/dns/transport/clocks.h"
#include "server/net/address.h"

namespace cloudmap::dns {
namespace {

constexpr size_t kBatch = 32;
// More than any query needs; a longer datagram is cut and fails as malformed. Not a multiple of
// 4096, so that the packets of a batch do not share cache sets.
constexpr size_t kPacketBytes = 2112;
constexpr size_t kResponseBytes = 4160;
// After Stop(): what may still be in the socket's buffer.
constexpr int kDrainBatches = 1024;

// Makes the destination of a received packet the source of its answer; the route is the kernel's
// choice, except for link-local addresses, which mean nothing without their interface.
void AnswerFromDestination(msghdr& received) {
  for (cmsghdr* c = CMSG_FIRSTHDR(&received); c != nullptr; c = CMSG_NXTHDR(&received, c)) {
    if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
      in_pktinfo to{};
      std::memcpy(&to, CMSG_DATA(c), sizeof(to));
      to.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(c), &to, sizeof(to));
    } else if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo to{};
      std::memcpy(&to, CMSG_DATA(c), sizeof(to));
      if (!IN6_IS_ADDR_LINKLOCAL(&to.ipi6_addr)) {
        to.ipi6_ifindex = 0;
      }
      std::memcpy(CMSG_DATA(c), &to, sizeof(to));
    }
  }
}

// A question over UDP that waits for the resolver: where its answer goes, and from which address.
class UdpWaiter final : public WaitingQuestion {
 public:
  UdpWaiter(LateAnswerer& answerer, std::span<const uint8_t> packet, const SocketAddress& client,
            int fd, std::span<const uint8_t> control)
      : WaitingQuestion(answerer, packet, Transport::kUdp, client), fd_(fd), size_(control.size()) {
    std::copy(control.begin(), control.end(), control_.begin());
  }

  void Deliver(std::span<const uint8_t> response) override {
    SocketAddress to = client();
    iovec view{const_cast<uint8_t*>(response.data()), response.size()};
    msghdr message{};
    message.msg_name = to.get();
    message.msg_namelen = to.size();
    message.msg_iov = &view;
    message.msg_iovlen = 1;
    message.msg_control = size_ == 0 ? nullptr : control_.data();
    message.msg_controllen = size_;
    // Like every datagram it may be lost; the client asks again.
    sendmsg(fd_, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }

 private:
  const int fd_;
  const size_t size_;
  alignas(cmsghdr) std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> control_;
};

}  // namespace

struct UdpWorker::Batch {
  struct alignas(cmsghdr) Control {
    std::array<uint8_t, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
  };
  std::array<mmsghdr, kBatch> received{};
  std::array<mmsghdr, kBatch> answers{};
  std::array<iovec, kBatch> packet_views{};
  std::array<iovec, kBatch> answer_views{};
  std::array<SocketAddress, kBatch> clients;
  std::array<Control, kBatch> controls{};
  std::array<std::array<uint8_t, kPacketBytes>, kBatch> packets{};
  std::array<std::array<uint8_t, kResponseBytes>, kBatch> responses{};
};

UdpWorker::UdpWorker(UniqueFd socket, const Published<ZoneTable>& zones,
                     const Forwarding& forwarding, const RespondOptions& options,
                     std::unique_ptr<RateLimiter> limiter, uint64_t seed)
    : socket_(std::move(socket)),
      with_destination_(SocketAddress::OfSocket(socket_.get()).is_wildcard()),
      options_(options),
      forwarding_(forwarding),
      zones_(zones),
      cache_(forwarding.cache),
      worker_(seed),
      batch_(std::make_unique<Batch>()) {
  worker_.rate_limiter = std::move(limiter);
  CLOUDMAP_CHECK(options.udp_payload <= kResponseBytes, "responses fit their buffers");
  for (size_t i = 0; i < kBatch; ++i) {
    batch_->packet_views[i] = {batch_->packets[i].data(), kPacketBytes};
    msghdr& header = batch_->received[i].msg_hdr;
    header.msg_name = batch_->clients[i].get();
    header.msg_iov = &batch_->packet_views[i];
    header.msg_iovlen = 1;
    batch_->answers[i].msg_hdr.msg_iov = &batch_->answer_views[i];
    batch_->answers[i].msg_hdr.msg_iovlen = 1;
  }
}

UdpWorker::~UdpWorker() = default;

void UdpWorker::Run() {
  while (!stopping_.load(std::memory_order_acquire)) {
    zones_.Release();
    cache_.Release();
    Answer(Receive(MSG_WAITFORONE));
  }
  for (int i = 0; i < kDrainBatches; ++i) {
    const int count = Receive(MSG_DONTWAIT);
    if (count == 0) {
      break;
    }
    Answer(count);
  }
  zones_.Release();
  cache_.Release();
}

void UdpWorker::Stop() {
  stopping_.store(true, std::memory_order_release);
  // Wakes the receiver; on an unconnected socket Linux does so and reports ENOTCONN.
  shutdown(socket_.get(), SHUT_RD);
}

int UdpWorker::Receive(int flags) {
  for (mmsghdr& message : batch_->received) {
    message.msg_hdr.msg_namelen = SocketAddress::kMaxSize;
    message.msg_hdr.msg_flags = 0;
  }
  if (with_destination_) {
    for (size_t i = 0; i < kBatch; ++i) {
      batch_->received[i].msg_hdr.msg_control = batch_->controls[i].bytes.data();
      batch_->received[i].msg_hdr.msg_controllen = batch_->controls[i].bytes.size();
    }
  }
  const int count = recvmmsg(socket_.get(), batch_->received.data(), kBatch, flags, nullptr);
  // An interrupted call, or the error of an earlier packet: the next call goes on.
  return count < 0 ? 0 : count;
}

void UdpWorker::Answer(int count) {
  if (count == 0) {
    return;
  }
  const Tables tables{zones_.Current(), cache_.Current()};
  const ZoneTable& zones = tables.zones;
  if (count > 1 && WarmUp::IsFor(zones)) {
    WarmUp warm_up(zones);
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
      warm_up.Add({batch_->packets[i].data(), batch_->received[i].msg_len});
    }
    warm_up.Run();
  }
  const uint32_t now = WallClockSeconds();
  const uint32_t monotonic = MonotonicSeconds();
  unsigned answers = 0;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    msghdr& received = batch_->received[i].msg_hdr;
    if (received.msg_namelen == 0) {
      continue;  // not a packet: the socket was shut down
    }
    const Client client{Transport::kUdp, batch_->clients[i], now, monotonic};
    const Reply reply = Respond({batch_->packets[i].data(), batch_->received[i].msg_len}, tables,
                                options_, client, worker_, batch_->responses[answers]);
    if (reply.kind == Reply::Kind::kNothing) {
      continue;
    }
    if (with_destination_) {
      AnswerFromDestination(received);
    }
    if (reply.kind == Reply::Kind::kForward || reply.refresh) [[unlikely]] {
      Queue(i, reply);
      if (reply.kind == Reply::Kind::kForward) {
        continue;
      }
    }
    msghdr& answer = batch_->answers[answers].msg_hdr;
    answer.msg_name = received.msg_name;
    answer.msg_namelen = received.msg_namelen;
    answer.msg_control = received.msg_control;
    answer.msg_controllen = received.msg_controllen;
    batch_->answer_views[answers] = {batch_->responses[answers].data(), reply.size};
    ++answers;
  }
  Send(answers);
  if (!requests_.empty()) {
    Forward();
  }
}

void UdpWorker::Queue(size_t index, const Reply& reply) {
  const msghdr& received = batch_->received[index].msg_hdr;
  std::unique_ptr<LookupWaiter> waiter;
  if (reply.kind == Reply::Kind::kForward) {
    const std::span<const uint8_t> packet(batch_->packets[index].data(),
                                          batch_->received[index].msg_len);
    const auto* control = static_cast<const uint8_t*>(received.msg_control);
    waiter = std::make_unique<UdpWaiter>(
        *forwarding_.answerer, packet, batch_->clients[index], socket_.get(),
        std::span<const uint8_t>(control, control == nullptr ? 0 : received.msg_controllen));
  }
  requests_.push_back({QuestionOf(worker_.outside), std::move(waiter)});
}

void UdpWorker::Forward() {
  forwarding_.resolver->Ask(requests_);
  const LateAnswer no_more = NoMoreQuestions();
  for (const ResolverRequest& request : requests_) {
    if (request.waiter != nullptr) {
      auto& waiter = static_cast<UdpWaiter&>(*request.waiter);
      const Tables tables{zones_.Current(), cache_.Current(), &no_more};
      const Reply reply = Respond(waiter.packet(), tables, options_, waiter.AskedBy(), worker_,
                                  batch_->responses[0]);
      waiter.Deliver(std::span<const uint8_t>(batch_->responses[0]).first(reply.size));
      worker_.counters.overloaded.Add();
    }
  }
  requests_.clear();
}

void UdpWorker::Send(unsigned count) {
  for (unsigned sent = 0; sent < count;) {
    const int n = sendmmsg(socket_.get(), batch_->answers.data() + sent, count - sent, 0);
    if (n > 0) {
      sent += static_cast<unsigned>(n);
    } else if (errno != EINTR) {
      // The first of them cannot be sent, say for lack of a route.
      worker_.counters.send_errors.Add();
      ++sent;
    }
  }
}

}  // namespace cloudmap::dns
