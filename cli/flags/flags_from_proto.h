// A subcommand's flags, from the fields of its request message: --service-id, --attributes, ...
//
//   RequestFlags flags(*method.input_type(), subcommand);
//   ... parse the command line ...
//   ASSIGN_OR_RETURN(std::unique_ptr<Message> request, flags.BuildRequest());
//
// Thread safety: none; one thread at a time.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "nlohmann/json.hpp"

namespace cloudmap::cli {

class RequestFlags {
 public:
  // Declares a flag for each field, the required ones first, and --cli-input-json. `app` must
  // outlive this object.
  RequestFlags(const google::protobuf::Descriptor& type, CLI::App& app);
  RequestFlags(const RequestFlags&) = delete;
  RequestFlags& operator=(const RequestFlags&) = delete;

  // What the parsed flags say, over what --cli-input-json holds. Idempotency tokens that were not
  // given are made up. Errors are InvalidArgument and name the flag.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> BuildRequest() const;

  // Whether the field of this JSON name was given as a flag.
  bool Given(absl::string_view json_name) const;

 private:
  struct Flag {
    const google::protobuf::FieldDescriptor* field = nullptr;
    std::string name;  // "--service-id"
    CLI::Option* option = nullptr;
    // A word, or for lists and maps the words given.
    std::string value;
    std::vector<std::string> values;
  };

  void Declare(const google::protobuf::FieldDescriptor& field, CLI::App& app);
  absl::StatusOr<nlohmann::json> ReadInput() const;
  absl::Status CheckRequired(const nlohmann::json& request) const;

  const google::protobuf::Descriptor& type_;
  std::deque<Flag> flags_;  // CLI11 writes into its elements
  std::string input_file_;
};

// CLI11 takes a value in brackets apart at its commas, which JSON does not survive. Goes over the
// arguments before CLI11 sees them; RequestFlags undoes it, other options need Unprotected.
std::string ProtectBrackets(std::string argument);
std::string Unprotected(std::string value);

}  // namespace cloudmap::cli
