// For tests: a gRPC server on a free loopback port that knows no method and answers all of them
// from one function.
#pragma once

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace cloudmap::cli {

// What the function answers: a response's bytes or an error.
struct FakeAnswer {
  std::string response;
  grpc::Status status;
  std::string error_type;  // the trailer cloudmap-error-type, unless empty
};

class FakeServer : private grpc::CallbackGenericService {
 public:
  // `method` is the bare name, `request` its bytes. Called on gRPC's threads.
  using Answer = std::function<FakeAnswer(absl::string_view method, const std::string& request)>;

  explicit FakeServer(Answer answer) : answer_(std::move(answer)) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterCallbackGenericService(this);
    server_ = builder.BuildAndStart();
  }
  ~FakeServer() override { server_->Shutdown(); }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::string address() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  class Reactor : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(const Answer& answer, grpc::GenericCallbackServerContext* context)
        : answer_(answer), context_(context) {
      StartRead(&buffer_);
    }
    void OnReadDone(bool ok) override {
      const std::string method = context_->method();
      answered_ = ok ? answer_(absl::string_view(method).substr(method.rfind('/') + 1), Bytes())
                     : FakeAnswer{"", grpc::Status::CANCELLED, ""};
      if (!answered_.error_type.empty()) {
        context_->AddTrailingMetadata("cloudmap-error-type", answered_.error_type);
      }
      if (!answered_.status.ok()) {
        Finish(answered_.status);
        return;
      }
      const grpc::Slice slice(answered_.response);
      buffer_ = grpc::ByteBuffer(&slice, 1);
      StartWriteAndFinish(&buffer_, grpc::WriteOptions(), answered_.status);
    }
    void OnDone() override { delete this; }

   private:
    std::string Bytes() const {
      grpc::Slice slice;
      return buffer_.DumpToSingleSlice(&slice).ok()
                 ? std::string(reinterpret_cast<const char*>(slice.begin()), slice.size())
                 : "";
    }

    const Answer& answer_;
    grpc::GenericCallbackServerContext* const context_;
    grpc::ByteBuffer buffer_;
    FakeAnswer answered_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(answer_, context);  // deletes itself in OnDone
  }

  const Answer answer_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace cloudmap::cli
