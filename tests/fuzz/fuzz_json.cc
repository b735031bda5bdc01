// AWS JSON to messages: any bytes decode or are refused, and requests survive another round.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "cloudmap/v1/service_discovery.pb.h"
#include "google/protobuf/util/message_differencer.h"
#include "registry/base/check.h"
#include "server/json/proto_json.h"
#include "tests/fuzz/fuzz_input.h"

namespace cloudmap::json {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

// Requests and the answers, which cloudmapctl reads.
std::vector<const Message*> Messages() {
  const auto* file = v1::GetServiceRequest::descriptor()->file();
  std::vector<const Message*> messages;
  for (int i = 0; i < file->message_type_count(); ++i) {
    const Descriptor* type = file->message_type(i);
    messages.push_back(MessageFactory::generated_factory()->GetPrototype(type));
  }
  return messages;
}

void Run(const uint8_t* data, size_t size) {
  static const std::vector<const Message*> messages = Messages();
  fuzz::FuzzInput input(data, size);
  const Message& prototype = *messages[input.Byte() % messages.size()];
  const std::vector<uint8_t> bytes = input.Rest();
  const std::string text(bytes.begin(), bytes.end());

  const std::unique_ptr<Message> message(prototype.New());
  registry::Violations found;
  if (!Decode(text, *message, found).ok() || !found.empty()) {
    return;
  }
  const std::string encoded = Encode(*message);
  const std::unique_ptr<Message> again(prototype.New());
  CLOUDMAP_CHECK(Decode(encoded, *again, found).ok() && found.empty(),
                 "what was encoded can be decoded");
  // Answers have times, of which doubles and milliseconds keep only so much.
  if (absl::EndsWith(prototype.GetDescriptor()->name(), "Request")) {
    CLOUDMAP_CHECK(Encode(*again) == encoded, "and is the same");
    CLOUDMAP_CHECK(google::protobuf::util::MessageDifferencer::Equals(*message, *again),
                   "in every field");
  }
  const std::unique_ptr<Message> pretty(prototype.New());
  CLOUDMAP_CHECK(Decode(EncodePretty(*message), *pretty, found).ok(), "so can the form for people");
}

}  // namespace
}  // namespace cloudmap::json

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  cloudmap::json::Run(data, size);
  return 0;
}
