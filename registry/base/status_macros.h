// RETURN_IF_ERROR and ASSIGN_OR_RETURN, which the packaged abseil does not have: they end the
// function with the status of an expression that failed.
//
//   RETURN_IF_ERROR(CheckLock(state, lock));                                  // an absl::Status
//   ASSIGN_OR_RETURN(const ServiceEntry* entry, LookUpService(state, ...));   // an absl::StatusOr
//
// For functions that return absl::Status or absl::StatusOr.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define RETURN_IF_ERROR(expr)                 \
  do {                                        \
    absl::Status status_macro_value = (expr); \
    if (!status_macro_value.ok()) {           \
      return status_macro_value;              \
    }                                         \
  } while (false)

#define STATUS_MACROS_CONCAT_INNER(a, b) a##b
#define STATUS_MACROS_CONCAT(a, b) STATUS_MACROS_CONCAT_INNER(a, b)

// `lhs` may declare a variable, so it cannot stand in parentheses. The name of the helper variable
// is made of the line's number: there can be one ASSIGN_OR_RETURN a line.
// NOLINTBEGIN(bugprone-macro-parentheses)
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(STATUS_MACROS_CONCAT(status_or_value_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(statusor, lhs, expr) \
  auto statusor = (expr);                          \
  if (!statusor.ok()) {                            \
    return std::move(statusor).status();           \
  }                                                \
  lhs = *std::move(statusor)
// NOLINTEND(bugprone-macro-parentheses)
