#include "server/json/scalar.h"

#include <cmath>
#include <limits>

#include "google/protobuf/timestamp.pb.h"

namespace cloudmap::json {
namespace {

// RFC 3339's years 0001 to 9999, which are also a Timestamp's.
constexpr double kSecondsMin = -62135596800.0;
constexpr double kSecondsMax = 253402300799.0;

template <typename Int>
bool ToInteger(const Scalar& value, Int& out) {
  int64_t wide = 0;
  if (const auto* number = std::get_if<uint64_t>(&value)) {
    if (*number > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return false;
    }
    wide = static_cast<int64_t>(*number);
  } else if (const auto* negative = std::get_if<int64_t>(&value)) {
    wide = *negative;
  } else {
    const double fraction = std::get<double>(value);
    // A double this large has been rounded, perhaps into range.
    if (fraction != std::floor(fraction) || fraction <= -0x1p63 || fraction >= 0x1p63) {
      return false;
    }
    wide = static_cast<int64_t>(fraction);
  }
  if (wide < std::numeric_limits<Int>::min() || wide > std::numeric_limits<Int>::max()) {
    return false;
  }
  out = static_cast<Int>(wide);
  return true;
}

double ToDouble(const Scalar& value) {
  if (const auto* number = std::get_if<uint64_t>(&value)) {
    return static_cast<double>(*number);
  }
  if (const auto* negative = std::get_if<int64_t>(&value)) {
    return static_cast<double>(*negative);
  }
  return std::get<double>(value);
}

}  // namespace

absl::string_view TypeName(const Scalar& value) {
  static constexpr absl::string_view kNames[] = {"null",   "boolean", "number",
                                                 "number", "number",  "string"};
  return kNames[value.index()];
}

bool IsNumber(const Scalar& value) {
  return std::holds_alternative<uint64_t>(value) || std::holds_alternative<int64_t>(value) ||
         std::holds_alternative<double>(value);
}

bool ToInt32(const Scalar& value, int32_t& out) { return ToInteger(value, out); }

bool ToInt64(const Scalar& value, int64_t& out) { return ToInteger(value, out); }

bool ToTimestamp(const Scalar& value, google::protobuf::Message& out) {
  const double number = ToDouble(value);
  if (!(number >= kSecondsMin && number <= kSecondsMax)) {
    return false;
  }
  // A double holds today's seconds to a fraction of a microsecond.
  const double whole = std::floor(number);
  int64_t seconds = static_cast<int64_t>(whole);
  int64_t micros = std::llround((number - whole) * 1e6);
  if (micros == 1'000'000) {
    ++seconds;
    micros = 0;
  }
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(micros * 1000));
  out.CopyFrom(timestamp);
  return true;
}

}  // namespace cloudmap::json
