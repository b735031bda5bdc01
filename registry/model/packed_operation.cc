#include "registry/model/packed_operation.h"

#include <array>
#include <string>

#include "registry/base/wire_format.h"

namespace cloudmap::registry {
namespace {

// `unknown` are the record's, and outlive the result.
OperationFields FieldsOf(const storage::v1::OperationRecord& record, absl::string_view unknown) {
  return {.type = record.type(),
          .status = record.status(),
          .create_ms = record.create_ms(),
          .update_ms = record.update_ms(),
          .due_ms = record.due_ms(),
          .id = record.id(),
          .namespace_id = record.namespace_id(),
          .service_id = record.service_id(),
          .instance_id = record.instance_id(),
          .error_code = record.error_code(),
          .error_message = record.error_message(),
          .request_token = record.request_token(),
          .request_fingerprint = record.request_fingerprint(),
          .method = record.method(),
          .request = record.request(),
          .lock = record.lock(),
          .unknown = unknown};
}

}  // namespace

PackedOperation::PackedOperation(const OperationFields& fields)
    : packed_({.create_ms = fields.create_ms,
               .update_ms = fields.update_ms,
               .due_ms = fields.due_ms,
               .type = fields.type,
               .status = fields.status},
              std::array<absl::string_view, kTextCount>{
                  fields.id, fields.namespace_id, fields.service_id, fields.instance_id,
                  fields.method, fields.request_token, fields.request_fingerprint, fields.lock,
                  fields.request, fields.error_code, fields.error_message, fields.unknown}) {}

PackedOperation::PackedOperation(const storage::v1::OperationRecord& record)
    : PackedOperation(FieldsOf(record, UnknownFieldsOf(record))) {}

OperationFields PackedOperation::fields() const {
  return {.type = type(),
          .status = status(),
          .create_ms = create_ms(),
          .update_ms = update_ms(),
          .due_ms = due_ms(),
          .id = id(),
          .namespace_id = namespace_id(),
          .service_id = service_id(),
          .instance_id = instance_id(),
          .error_code = error_code(),
          .error_message = error_message(),
          .request_token = request_token(),
          .request_fingerprint = request_fingerprint(),
          .method = method(),
          .request = request(),
          .lock = lock(),
          .unknown = packed_.text(kUnknown)};
}

storage::v1::OperationRecord PackedOperation::ToRecord() const {
  storage::v1::OperationRecord record;
  record.set_type(type());
  record.set_status(status());
  record.set_create_ms(create_ms());
  record.set_update_ms(update_ms());
  record.set_due_ms(due_ms());
  record.set_id(std::string(id()));
  record.set_namespace_id(std::string(namespace_id()));
  record.set_service_id(std::string(service_id()));
  record.set_instance_id(std::string(instance_id()));
  record.set_error_code(std::string(error_code()));
  record.set_error_message(std::string(error_message()));
  record.set_request_token(std::string(request_token()));
  record.set_request_fingerprint(std::string(request_fingerprint()));
  record.set_method(std::string(method()));
  record.set_request(std::string(request()));
  record.set_lock(std::string(lock()));
  SetUnknownFields(packed_.text(kUnknown), record);
  return record;
}

}  // namespace cloudmap::registry
