// PackedOperation: an operation as a State keeps it, in one block of memory; OperationRecord is the
// protobuf message that goes to a store. Up to 100,000 finished ones are kept (kOperationsMax).
//
//   OperationFields fields = pending.fields();        // to change one: take its fields,
//   fields.status = v1::OPERATION_STATUS_SUCCESS;     // change them,
//   mutation.Put(PackedOperation(fields));            // and pack them again
//
// Immutable; copies share the block (packed.h), and the texts that a copy returns are valid as long
// as any copy is.
#pragma once

#include <cstdint>

#include "absl/strings/string_view.h"
#include "cloudmap/storage/v1/records.pb.h"
#include "registry/base/packed.h"

namespace cloudmap::registry {

// The members of an OperationRecord; storage/v1/records.proto says what each means. Does not own
// its texts: they are valid as long as what they came from. Times are milliseconds since 1970; 0 is
// none.
struct OperationFields {
  v1::OperationType type = v1::OPERATION_TYPE_UNSPECIFIED;
  v1::OperationStatus status = v1::OPERATION_STATUS_UNSPECIFIED;
  int64_t create_ms = 0;
  int64_t update_ms = 0;
  int64_t due_ms = 0;
  absl::string_view id = {};
  absl::string_view namespace_id = {};
  absl::string_view service_id = {};
  absl::string_view instance_id = {};
  absl::string_view error_code = {};
  absl::string_view error_message = {};
  absl::string_view request_token = {};
  absl::string_view request_fingerprint = {};
  absl::string_view method = {};
  absl::string_view request = {};
  absl::string_view lock = {};
  // What a newer version of this program stored besides, in protobuf's wire format.
  absl::string_view unknown = {};
};

class PackedOperation {
 public:
  // Both copy all texts.
  explicit PackedOperation(const OperationFields& fields);
  explicit PackedOperation(const storage::v1::OperationRecord& record);

  // All members. The texts are this operation's, valid as long as any copy of it is.
  OperationFields fields() const;
  // The same operation as a message, with what a newer version of this program stored besides.
  storage::v1::OperationRecord ToRecord() const;

  absl::string_view id() const { return packed_.text(kId); }
  absl::string_view namespace_id() const { return packed_.text(kNamespaceId); }
  absl::string_view service_id() const { return packed_.text(kServiceId); }
  absl::string_view instance_id() const { return packed_.text(kInstanceId); }
  absl::string_view request_token() const { return packed_.text(kRequestToken); }
  absl::string_view request_fingerprint() const { return packed_.text(kRequestFingerprint); }
  absl::string_view method() const { return packed_.text(kMethod); }
  absl::string_view request() const { return packed_.text(kRequest); }
  absl::string_view lock() const { return packed_.text(kLock); }
  absl::string_view error_code() const { return packed_.text(kErrorCode); }
  absl::string_view error_message() const { return packed_.text(kErrorMessage); }
  v1::OperationType type() const { return packed_.header().type; }
  v1::OperationStatus status() const { return packed_.header().status; }
  bool is_pending() const { return status() == v1::OPERATION_STATUS_PENDING; }
  int64_t create_ms() const { return packed_.header().create_ms; }
  int64_t update_ms() const { return packed_.header().update_ms; }
  int64_t due_ms() const { return packed_.header().due_ms; }

 private:
  struct Header {
    int64_t create_ms;
    int64_t update_ms;
    int64_t due_ms;
    v1::OperationType type;
    v1::OperationStatus status;
  };
  // Which text is which. Those that most operations have come first, since empty ones at the end
  // take no room.
  enum Text : size_t {
    kId,
    kNamespaceId,
    kServiceId,
    kInstanceId,
    kMethod,
    kRequestToken,
    kRequestFingerprint,
    kLock,
    kRequest,
    kErrorCode,
    kErrorMessage,
    kUnknown,
    kTextCount
  };

  Packed<Header> packed_;
};

}  // namespace cloudmap::registry
