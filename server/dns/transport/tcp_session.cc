#include "server/dns/transport/tcp_session.h"

#include <algorithm>
#include <ctime>
#include <span>
#include <utility>

namespace cloudmap::dns {
namespace {

constexpr size_t kLengthSize = 2;

void AppendFrame(std::span<const uint8_t> message, std::vector<uint8_t>& out) {
  if (message.empty()) {
    return;
  }
  out.push_back(static_cast<uint8_t>(message.size() >> 8));
  out.push_back(static_cast<uint8_t>(message.size()));
  out.insert(out.end(), message.begin(), message.end());
}

// The size of the header and the question of a response.
size_t HeadSize(std::span<const uint8_t> response) {
  LookupName name;
  return kHeaderSize + name.Parse(response, kHeaderSize) + 4;
}

}  // namespace

uint32_t WallClockSeconds() {
  timespec now{};
  clock_gettime(CLOCK_REALTIME_COARSE, &now);
  return static_cast<uint32_t>(now.tv_sec);
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
                               TcpThread& thread, std::vector<uint8_t>& out) {
  if (!has_work()) {
    return true;
  }
  const ZoneTable& zones = thread.zones.Current();
  bool sane = true;
  while (sane && transfer_ == nullptr && has_frame() && out.size() < kEnoughToWrite) {
    const size_t size = Load16(bytes_.data() + begin_);
    const std::span<const uint8_t> packet(bytes_.data() + begin_ + kLengthSize, size);
    begin_ += kLengthSize + size;
    const size_t answer = Respond(packet, zones, options, client, thread.worker, thread.response);
    if (ZonePtr zone = std::exchange(thread.worker.transfer, nullptr)) {
      const auto empty = std::span<const uint8_t>(thread.response).first(answer);
      const size_t head = HeadSize(empty);
      transfer_ =
          std::make_unique<ZoneTransfer>(std::move(zone), empty.first(head), empty.subspan(head));
    } else {
      AppendFrame({thread.response.data(), answer}, out);
      sane = answer != 0;
    }
  }
  while (transfer_ != nullptr && out.size() < kEnoughToWrite) {
    AppendFrame({thread.response.data(), transfer_->Next(thread.response)}, out);
    if (transfer_->done()) {
      transfer_.reset();
    }
  }
  // The thread may block next.
  thread.zones.Release();
  return sane;
}

}  // namespace cloudmap::dns
