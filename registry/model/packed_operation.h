// An operation as a State keeps it: the wire form of its record in one block of memory. A hundred
// thousand of them are there in a busy registry and hardly any is ever asked for; a message with
// its strings would take four times as much.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/strings/string_view.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

class PackedOperation {
 public:
  explicit PackedOperation(const OperationRecord& record);

  // Lives as long as this, wherever this is moved.
  absl::string_view id() const;
  bool is_pending() const;
  // Whether it has a lock or a request token.
  bool is_indexed() const;
  int64_t update_ms() const;

  OperationRecord Unpack() const;
  // Into a record that is used again for each, which saves its memory.
  void UnpackTo(OperationRecord& record) const;

 private:
  // The wire form follows.
  struct Header {
    int64_t update_ms;
    uint32_t wire_size;
    uint32_t id_size;
    bool pending;
    bool indexed;
  };

  const Header& header() const { return *reinterpret_cast<const Header*>(block_.get()); }
  const char* wire() const { return block_.get() + sizeof(Header); }

  std::unique_ptr<char[]> block_;
};

}  // namespace cloudmap::registry
