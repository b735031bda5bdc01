// A subcommand's flags, made of the fields of its request message: --service-id, --attributes, ...
//
//   CLI::App app;
//   RequestFlags flags(*method.input_type(), app);
//   app.parse(arguments);                                  // CLI11 writes into `flags`
//   ASSIGN_OR_RETURN(std::unique_ptr<Message> request, flags.BuildRequest());
//
// One thread at a time.
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
  // Declares a flag for each field of `type`, the required ones first as help shows them, and
  // --cli-input-json. `app` must outlive this object, and this object every app.parse(). A flag
  // that the API requires is optional to CLI11, since --cli-input-json may hold it.
  RequestFlags(const google::protobuf::Descriptor& type, CLI::App& app);
  RequestFlags(const RequestFlags&) = delete;
  RequestFlags& operator=(const RequestFlags&) = delete;

  // The request: what --cli-input-json holds, with what the flags say over it. Idempotency tokens
  // that were not given are random UUIDs, new ones at each call. InvalidArgument, naming the flag,
  // for a value that does not fit, a required one that is missing, a file that cannot be read.
  // What the API allows beyond types is checked by the server. REQUIRES: `app` has parsed.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> BuildRequest() const;

  // True when the field of this JSON name ("NextToken") was given as a flag.
  bool Given(absl::string_view json_name) const;

 private:
  struct Flag {
    const google::protobuf::FieldDescriptor* field = nullptr;
    std::string name;  // "--service-id"
    CLI::Option* option = nullptr;
    // CLI11 writes a single member into `value`, the words of a list or a map into `values`.
    std::string value;
    std::vector<std::string> values;
  };

  void Declare(const google::protobuf::FieldDescriptor& field, CLI::App& app);
  absl::StatusOr<nlohmann::json> ReadInput() const;
  absl::Status CheckRequired(const nlohmann::json& request) const;

  const google::protobuf::Descriptor& type_;
  // A deque, since CLI11 holds references to its elements while it grows.
  std::deque<Flag> flags_;
  // The value of --cli-input-json; empty when it was not given.
  std::string input_file_;
};

// CLI11 takes a value in brackets apart at its commas, which JSON does not survive. ProtectBrackets
// marks such an argument, `[...]` or `--flag=[...]`, before CLI11 sees it; others stay as they are.
// RequestFlags takes the mark away again; values of other options need Unprotected.
std::string ProtectBrackets(std::string argument);
std::string Unprotected(std::string value);

}  // namespace cloudmap::cli
