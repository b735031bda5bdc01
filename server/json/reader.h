// The other half of nlohmann's parser: what it reads goes straight into a message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"
#include "registry/schema/violations.h"
#include "server/json/scalar.h"

namespace cloudmap::json {

// Takes what nlohmann's parser reads, as it reads it (its SAX interface), into the message. After
// the first error only syntax and depth matter: that a text is not JSON says more than a type. The
// last of equal keys counts, but what is wrong with one before it is wrong all the same.
class Reader {
 public:
  // `found` gets the violations, in the order of the text.
  Reader(google::protobuf::Message& root, registry::Violations& found)
      : root_(root), found_(found) {}

  // SerializationException, if there was one.
  absl::Status Finish() const { return syntax_error_.ok() ? error_ : syntax_error_; }

  // The names are the parser's. NOLINTBEGIN(readability-identifier-naming)
  bool null() { return Put(nullptr); }
  bool boolean(bool value) { return Put(value); }
  bool number_integer(int64_t value) { return Put(value); }
  bool number_unsigned(uint64_t value) { return Put(value); }
  bool number_float(double value, const std::string& /*text*/) { return Put(value); }
  bool string(std::string& value) { return Put(&value); }
  bool binary(nlohmann::json::binary_t& /*value*/) { return false; }  // not JSON
  bool start_object(size_t /*size*/);
  bool key(std::string& name);
  bool end_object();
  bool start_array(size_t /*size*/);
  bool end_array();
  bool parse_error(size_t byte, const std::string& /*token*/,
                   const nlohmann::json::exception& error);
  // NOLINTEND(readability-identifier-naming)

 private:
  struct Frame {
    enum class Kind { kMessage, kList, kMap };
    Kind kind = Kind::kMessage;
    // The message, or the one that the list or map is in.
    google::protobuf::Message* message = nullptr;
    // The member that is being read; nullptr for one that is ignored.
    const google::protobuf::FieldDescriptor* field = nullptr;
    uint64_t present = 0;                     // members of a message, by index
    int index = 0;                            // of a list's element
    std::vector<std::string> null_keys = {};  // of a map
  };
  bool ignoring() const { return ignored_depth_ > 0 || !error_.ok(); }
  std::string Path() const;
  bool Put(const Scalar& value);
  void Set(const Scalar& value, const google::protobuf::FieldDescriptor& field,
           google::protobuf::Message& message);
  void SetEnum(const std::string& name, const google::protobuf::FieldDescriptor& field,
               google::protobuf::Message& message);
  void SetMapEntry(const Scalar& value, const Frame& map);
  void Open(Frame::Kind kind, google::protobuf::Message& message,
            const google::protobuf::FieldDescriptor* field);
  // The container on top has been read.
  void Close();
  void CloseMessage(const Frame& frame);
  void CloseList(const Frame& frame);
  void CloseMap(const Frame& frame);
  bool Deepen();
  void Fail(absl::string_view text);
  void WrongType(absl::string_view expected, absl::string_view got);

  google::protobuf::Message& root_;
  registry::Violations& found_;
  std::vector<Frame> frames_;
  std::string map_key_;  // of the entry being read
  int depth_ = 0;
  int ignored_depth_ = 0;
  absl::Status error_;
  absl::Status syntax_error_;
};

}  // namespace cloudmap::json
