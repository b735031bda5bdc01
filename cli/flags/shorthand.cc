#include "cli/flags/shorthand.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "registry/base/status_macros.h"

namespace cloudmap::cli {
namespace {

using Json = nlohmann::json;

// The API's own structures nest 4 deep.
constexpr int kDepthMax = 16;

// Reads one text from left to right. `nested`: { and [ open structures and lists.
class Parser {
 public:
  Parser(absl::string_view text, bool nested) : text_(text), nested_(nested) {}

  absl::StatusOr<Json> Parse() {
    ASSIGN_OR_RETURN(Json object, Pairs(/*closing=*/'\0', 0));
    if (position_ < text_.size()) {
      return Error(absl::StrCat("has a '", text_.substr(position_, 1), "' too many"));
    }
    return object;
  }

 private:
  // KEY=VALUE,... up to `closing` or the end.
  absl::StatusOr<Json> Pairs(char closing, int depth) {
    if (depth > kDepthMax) {
      return Error("is nested too deep");
    }
    Json object = Json::object();
    do {
      SkipSpaces();
      ASSIGN_OR_RETURN(const std::string key, Key());
      if (object.contains(key)) {
        return Error(absl::StrCat("gives '", key, "' twice"));
      }
      ASSIGN_OR_RETURN(Json value, ValueOrList(depth));
      object[key] = std::move(value);
    } while (Take(','));
    if (closing != '\0' && !Take(closing)) {
      return Error(absl::StrCat("lacks a '", std::string(1, closing), "'"));
    }
    return object;
  }

  absl::StatusOr<std::string> Key() {
    const size_t end = text_.find_first_of("=,", position_);
    const absl::string_view key =
        absl::StripAsciiWhitespace(text_.substr(position_, end - position_));
    if (end == absl::string_view::npos || text_[end] != '=' || key.empty()) {
      return Error(absl::StrCat("lacks KEY=VALUE at '", text_.substr(position_), "'"));
    }
    position_ = end + 1;
    return std::string(key);
  }

  // After KEY=. Values that follow without a key of their own make a list.
  absl::StatusOr<Json> ValueOrList(int depth) {
    ASSIGN_OR_RETURN(Json first, Value(depth));
    if (!nested_ || !NextIsBareValue()) {
      return first;
    }
    Json list = Json::array({std::move(first)});
    while (NextIsBareValue()) {
      Take(',');
      ASSIGN_OR_RETURN(Json value, Value(depth));
      list.push_back(std::move(value));
    }
    return list;
  }

  // True when a comma comes next, and behind it a value without KEY= before it.
  bool NextIsBareValue() const {
    if (position_ >= text_.size() || text_[position_] != ',') {
      return false;
    }
    const absl::string_view rest = absl::StripLeadingAsciiWhitespace(text_.substr(position_ + 1));
    if (absl::StartsWith(rest, "'") || absl::StartsWith(rest, "\"")) {
      return true;
    }
    const size_t end = rest.find_first_of("=,]}");
    return end == absl::string_view::npos || rest[end] != '=';
  }

  absl::StatusOr<Json> Value(int depth) {
    SkipSpaces();
    ASSIGN_OR_RETURN(Json value, ValueAtCursor(depth));
    SkipSpaces();
    return value;
  }

  absl::StatusOr<Json> ValueAtCursor(int depth) {
    if (nested_ && Take('{')) {
      SkipSpaces();
      return Take('}') ? absl::StatusOr<Json>(Json::object()) : Pairs('}', depth + 1);
    }
    if (nested_ && Take('[')) {
      return List(depth + 1);
    }
    if (position_ < text_.size() && (text_[position_] == '\'' || text_[position_] == '"')) {
      return Quoted();
    }
    return Bare();
  }

  absl::StatusOr<Json> List(int depth) {
    if (depth > kDepthMax) {
      return Error("is nested too deep");
    }
    Json list = Json::array();
    SkipSpaces();
    if (Take(']')) {
      return list;
    }
    do {
      ASSIGN_OR_RETURN(Json value, Value(depth));
      list.push_back(std::move(value));
    } while (Take(','));
    if (!Take(']')) {
      return Error("lacks a ']'");
    }
    return list;
  }

  absl::StatusOr<Json> Quoted() {
    const char quote = text_[position_++];
    std::string value;
    while (position_ < text_.size() && text_[position_] != quote) {
      if (text_[position_] == '\\' && position_ + 1 < text_.size()) {
        ++position_;
      }
      value.push_back(text_[position_++]);
    }
    if (!Take(quote)) {
      return Error(absl::StrCat("lacks a closing ", std::string(1, quote)));
    }
    return Json(std::move(value));
  }

  Json Bare() {
    const absl::string_view ends = nested_ ? ",]}" : ",";
    std::string value;
    while (position_ < text_.size() && !absl::StrContains(ends, text_.substr(position_, 1))) {
      if (text_[position_] == '\\' && position_ + 1 < text_.size()) {
        ++position_;
      }
      value.push_back(text_[position_++]);
    }
    absl::StripTrailingAsciiWhitespace(&value);
    return value;
  }

  // Steps over `c` if it comes next.
  bool Take(char c) {
    if (position_ < text_.size() && text_[position_] == c) {
      ++position_;
      return true;
    }
    return false;
  }

  void SkipSpaces() {
    while (position_ < text_.size() &&
           absl::ascii_isspace(static_cast<unsigned char>(text_[position_]))) {
      ++position_;
    }
  }

  absl::Status Error(absl::string_view what) const {
    return absl::InvalidArgumentError(absl::StrCat("'", text_, "' ", what));
  }

  const absl::string_view text_;
  const bool nested_;
  size_t position_ = 0;
};

}  // namespace

absl::StatusOr<Json> ParseShorthand(absl::string_view text) {
  return Parser(text, /*nested=*/true).Parse();
}

absl::StatusOr<Json> ParsePairs(absl::string_view text) {
  return Parser(text, /*nested=*/false).Parse();
}

}  // namespace cloudmap::cli
