// Records as bytes, for the stores that keep bytes.
//
//   const std::string key = EncodeKey(change.key());
//   const std::string value = EncodeRecord(*change.record());
//   ASSIGN_OR_RETURN(RecordPtr record, DecodeRecord(key, value));
//
// A key is readable text: "service/srv-1", "instance/srv-1/i-1". Keys of one kind, and instances
// of one service, are neighbours in byte order. A value is the record's message, as
// records.proto declares it.
//
// Thread safety: pure functions.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "registry/model/record.h"

namespace cloudmap::registry {

// Raised by a change of keys or values that older servers must not read.
inline constexpr int kSchemaVersion = 1;

// Two keys are equal exactly when their bytes are.
std::string EncodeKey(const RecordKeyView& key);

std::string EncodeRecord(const RecordPtr& record);

// `key` is what EncodeKey gave for the record. Fails with DataLoss, naming the key, when the value
// is not a record of that key.
absl::StatusOr<RecordPtr> DecodeRecord(absl::string_view key, absl::string_view value);

// The DataLoss error that names `key`.
absl::Status DamagedRecord(absl::string_view key);

// Of a key and its value, kept beside them: protobuf itself accepts many damaged values.
uint64_t Checksum(absl::string_view key, absl::string_view value);

}  // namespace cloudmap::registry
