#include "server/dns/transport/tcp_session.h"

#include <algorithm>
#include <span>
#include <utility>

namespace cloudmap::dns {
namespace {

constexpr size_t kLengthSize = 2;

// The size of the header and the question of a response.
size_t HeadSize(std::span<const uint8_t> response) {
  LookupName name;
  return kHeaderSize + name.Parse(response, kHeaderSize) + 4;
}

}  // namespace

void AppendFrame(std::span<const uint8_t> message, std::vector<uint8_t>& out) {
  if (message.empty()) {
    return;
  }
  out.push_back(static_cast<uint8_t>(message.size() >> 8));
  out.push_back(static_cast<uint8_t>(message.size()));
  out.insert(out.end(), message.begin(), message.end());
}

void FrameBuffer::Forward(std::vector<ResolverRequest>& requests, const RespondOptions& options,
                          const Tables& tables, TcpThread& thread) {
  thread.forwarding.resolver->Ask(requests);
  const LateAnswer no_more = NoMoreQuestions();
  for (const ResolverRequest& request : requests) {
    if (request.waiter != nullptr) {
      auto& waiter = static_cast<WaitingQuestion&>(*request.waiter);
      const Reply reply = Respond(waiter.packet(), {tables.zones, tables.cache, &no_more}, options,
                                  waiter.AskedBy(), thread.worker, thread.response);
      waiter.Deliver(std::span<const uint8_t>(thread.response).first(reply.size));
      thread.worker.counters.overloaded.Add();
    }
  }
}

std::pair<uint8_t*, size_t> FrameBuffer::Space() {
  if (begin_ == end_) {
    begin_ = end_ = 0;
  }
  size_t wanted = kInitialBytes;
  if (end_ - begin_ >= kLengthSize) {
    wanted = std::max(wanted, kLengthSize + Load16(bytes_.data() + begin_));
  }
  if (bytes_.size() - begin_ < wanted || end_ == bytes_.size()) {
    std::copy(bytes_.begin() + static_cast<std::ptrdiff_t>(begin_),
              bytes_.begin() + static_cast<std::ptrdiff_t>(end_), bytes_.begin());
    end_ -= begin_;
    begin_ = 0;
    bytes_.resize(std::max(bytes_.size(), wanted));
  }
  return {bytes_.data() + end_, bytes_.size() - end_};
}

bool FrameBuffer::has_work() const { return transfer_ != nullptr || has_frame(); }

bool FrameBuffer::has_frame() const {
  return end_ - begin_ >= kLengthSize &&
         end_ - begin_ - kLengthSize >= Load16(bytes_.data() + begin_);
}

bool FrameBuffer::AnswerFrames(const RespondOptions& options, const Client& client,
                               TcpThread& thread, const MakeWaiter& make_waiter,
                               std::vector<uint8_t>& out) {
  if (!has_work()) {
    return true;
  }
  const Tables tables{thread.zones.Current(), thread.cache.Current()};
  std::vector<ResolverRequest> requests;
  bool sane = true;
  while (sane && transfer_ == nullptr && has_frame() && out.size() < kEnoughToWrite) {
    const size_t size = Load16(bytes_.data() + begin_);
    const std::span<const uint8_t> packet(bytes_.data() + begin_ + kLengthSize, size);
    begin_ += kLengthSize + size;
    const Reply reply = Respond(packet, tables, options, client, thread.worker, thread.response);
    const auto response = std::span<const uint8_t>(thread.response).first(reply.size);
    if (reply.kind == Reply::Kind::kTransfer) {
      const size_t head = HeadSize(response);
      transfer_ =
          std::make_unique<ZoneTransfer>(*reply.zone, response.first(head), response.subspan(head));
      continue;
    }
    if (reply.kind == Reply::Kind::kForward || reply.refresh) {
      const bool waits = reply.kind == Reply::Kind::kForward;
      requests.push_back(
          {QuestionOf(thread.worker.outside), waits ? make_waiter(packet) : nullptr});
    }
    AppendFrame(response, out);
    sane = reply.kind != Reply::Kind::kNothing;
  }
  if (!requests.empty()) {
    Forward(requests, options, tables, thread);
  }
  while (transfer_ != nullptr && out.size() < kEnoughToWrite) {
    AppendFrame({thread.response.data(), transfer_->Next(thread.response)}, out);
    if (transfer_->done()) {
      transfer_.reset();
    }
  }
  // The thread may block next.
  thread.zones.Release();
  thread.cache.Release();
  return sane;
}

}  // namespace cloudmap::dns
