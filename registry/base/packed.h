// Packed<Header>: an immutable value in one counted block of memory: a header of plain numbers and
// any count of texts. A registry keeps hundreds of thousands of such values; as messages, each with
// its strings, they would take four times the memory and ten allocations each.
//
//   struct Header { int64_t create_ms; };
//   Packed<Header> value({.create_ms = 7}, {{"srv-1", "i-1"}});
//   value.header().create_ms;   // 7
//   value.text(1);              // "i-1", valid as long as any copy of `value`
//
// A value is made once and never changes; copies share the block and cost one reference count.
// Reading a text costs two loads, whatever its number.
//
// Thread safety: that of a std::shared_ptr to a constant. Different threads may use, copy and
// destroy different copies of one value.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <type_traits>
#include <utility>

#include "absl/strings/string_view.h"

namespace cloudmap {

template <typename Header>
class Packed {
 public:
  // Copies the header and the texts. REQUIRES: the texts are shorter than 4 GiB together. Empty
  // texts at the end take no room, so those that are rarely there come last.
  Packed(const Header& header, std::span<const absl::string_view> texts) {
    while (!texts.empty() && texts.back().empty()) {
      texts = texts.first(texts.size() - 1);
    }
    size_t chars = 0;
    for (const absl::string_view text : texts) {
      chars += text.size();
    }
    void* memory = ::operator new(sizeof(Block) + texts.size() * sizeof(uint32_t) + chars);
    block_ = new (memory) Block{{1}, static_cast<uint32_t>(texts.size()), header};
    uint32_t end = 0;
    uint32_t* ends = block_->ends();
    char* to = block_->chars();
    for (const absl::string_view text : texts) {
      if (!text.empty()) {
        std::memcpy(to + end, text.data(), text.size());
      }
      end += static_cast<uint32_t>(text.size());
      *ends++ = end;
    }
  }
  Packed(const Packed& other) : block_(other.block_) {
    if (block_ != nullptr) {
      block_->references.fetch_add(1, std::memory_order_relaxed);
    }
  }
  Packed(Packed&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Packed& operator=(Packed other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Packed() {
    if (block_ != nullptr && block_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      block_->~Block();
      ::operator delete(block_);
    }
  }

  // NOLINTBEGIN(clang-analyzer-cplusplus.NewDelete): the analyzer does not follow the count.

  // Both REQUIRE that this was not moved from. What they return is valid as long as any copy of the
  // value is.

  const Header& header() const { return block_->header; }
  // The text of this index, counted from 0; "" for an index beyond the last.
  absl::string_view text(size_t index) const {
    if (index >= block_->count) {
      return {};
    }
    const uint32_t* ends = block_->ends();
    const uint32_t begin = index == 0 ? 0 : ends[index - 1];
    return {block_->chars() + begin, ends[index] - begin};
  }

  // NOLINTEND(clang-analyzer-cplusplus.NewDelete)

 private:
  static_assert(std::is_trivially_copyable_v<Header>);

  // In the same allocation follow `count` numbers, each the place where a text ends among the
  // characters, and then the characters of all texts.
  struct Block {
    std::atomic<uint32_t> references;
    uint32_t count;
    Header header;

    uint32_t* ends() { return reinterpret_cast<uint32_t*>(this + 1); }
    char* chars() { return reinterpret_cast<char*>(ends() + count); }
  };

  Block* block_ = nullptr;
};

}  // namespace cloudmap
