#include "registry/store/record_codec.h"

#include <array>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "registry/base/check.h"
#include "registry/base/siphash.h"

namespace cloudmap::registry {
namespace {

// In the order of RecordKind.
constexpr std::array<absl::string_view, 5> kPrefixes = {"namespace/", "service/", "revision/",
                                                        "instance/", "operation/"};

template <typename Record>
absl::StatusOr<RecordPtr> Parse(absl::string_view key, absl::string_view value) {
  Record message;
  if (!message.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
    return DamagedRecord(key);
  }
  RecordPtr record = ToRecordPtr(std::move(message));
  if (EncodeKey(KeyOf(record)) != key) {
    return DamagedRecord(key);
  }
  return record;
}

}  // namespace

std::string EncodeKey(const RecordKeyView& key) {
  // The id ends at the next slash, so it must not hold one itself; ids that the registry makes
  // never do.
  std::string bytes = absl::StrCat(kPrefixes[static_cast<size_t>(key.kind)],
                                   absl::StrReplaceAll(key.id, {{"%", "%25"}, {"/", "%2F"}}));
  if (key.kind == RecordKind::kInstance) {
    absl::StrAppend(&bytes, "/", key.instance_id);
  }
  return bytes;
}

std::string EncodeRecord(const RecordPtr& record) {
  std::string bytes;
  const bool serialized = VisitMessage(
      record, [&bytes](const auto& message) { return message.SerializeToString(&bytes); });
  CLOUDMAP_CHECK(serialized, "a record has no required fields and is far below 2 GiB");
  return bytes;
}

absl::StatusOr<RecordPtr> DecodeRecord(absl::string_view key, absl::string_view value) {
  using Parser = absl::StatusOr<RecordPtr> (*)(absl::string_view, absl::string_view);
  constexpr std::array<Parser, kPrefixes.size()> kParsers = {
      Parse<NamespaceRecord>, Parse<ServiceRecord>, Parse<InstancesRevisionRecord>,
      Parse<InstanceRecord>, Parse<OperationRecord>};
  for (size_t kind = 0; kind < kPrefixes.size(); ++kind) {
    if (absl::StartsWith(key, kPrefixes[kind])) {
      return kParsers[kind](key, value);
    }
  }
  return DamagedRecord(key);
}

absl::Status DamagedRecord(absl::string_view key) {
  return absl::DataLossError(absl::StrCat("record ", absl::Utf8SafeCHexEscape(key), " is damaged"));
}

uint64_t Checksum(absl::string_view key, absl::string_view value) {
  return SipHash24({SipHash24({}, key.data(), key.size()), 0}, value.data(), value.size());
}

}  // namespace cloudmap::registry
