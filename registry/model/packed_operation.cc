#include "registry/model/packed_operation.h"

#include <new>

#include "google/protobuf/io/coded_stream.h"
#include "registry/base/check.h"

namespace cloudmap::registry {

PackedOperation::PackedOperation(const OperationRecord& record) {
  const size_t wire_size = record.ByteSizeLong();
  block_.reset(new char[sizeof(Header) + wire_size]);
  new (block_.get())
      Header{.update_ms = record.update_ms(),
             .wire_size = static_cast<uint32_t>(wire_size),
             .id_size = static_cast<uint32_t>(record.id().size()),
             .pending = record.status() == v1::OPERATION_STATUS_PENDING,
             .indexed = !record.lock().empty() || !record.request_token().empty()};
  record.SerializeWithCachedSizesToArray(
      reinterpret_cast<uint8_t*>(block_.get() + sizeof(Header)));
}

absl::string_view PackedOperation::id() const {
  // Field 1, so that it comes first: a tag of one byte, its size, its characters.
  static_assert(OperationRecord::kIdFieldNumber == 1);
  const uint32_t size = header().id_size;
  return size == 0 ? absl::string_view()
                   : absl::string_view(
                         wire() + 1 + google::protobuf::io::CodedOutputStream::VarintSize32(size),
                         size);
}

bool PackedOperation::is_pending() const { return header().pending; }

bool PackedOperation::is_indexed() const { return header().indexed; }

int64_t PackedOperation::update_ms() const { return header().update_ms; }

OperationRecord PackedOperation::Unpack() const {
  OperationRecord record;
  UnpackTo(record);
  return record;
}

void PackedOperation::UnpackTo(OperationRecord& record) const {
  CLOUDMAP_CHECK(record.ParseFromArray(wire(), static_cast<int>(header().wire_size)),
                 "packed by the constructor");
}

}  // namespace cloudmap::registry
