#include "nlohmann/json.hpp"
#include "server/json/proto_json.h"
#include "server/json/reader.h"

namespace cloudmap::json {

absl::Status Decode(absl::string_view text, google::protobuf::Message& message,
                    registry::Violations& found) {
  Reader reader(message, found);
  nlohmann::json::sax_parse(text.begin(), text.end(), &reader);
  return reader.Finish();
}

}  // namespace cloudmap::json
