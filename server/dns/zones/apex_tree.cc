#include "server/dns/zones/apex_tree.h"

#include <algorithm>

#include "absl/strings/match.h"

namespace cloudmap::dns {
namespace {

// Above every length of a label, so that it sorts behind all names below a key.
constexpr char kBehindLabels = kMaxLabelSize + 1;

}  // namespace

std::string ApexTree::KeyOf(NameView apex) {
  std::vector<size_t> starts;
  for (size_t at = 0; apex.bytes[at] != 0; at += apex.bytes[at] + 1U) {
    starts.push_back(at);
  }
  std::string key;
  for (auto start = starts.rbegin(); start != starts.rend(); ++start) {
    const auto* label = reinterpret_cast<const char*>(apex.bytes) + *start;
    key.append(label, apex.bytes[*start] + 1U);
  }
  return key;
}

std::string ApexTree::NameOf(const std::string& key) {
  std::string name(1, '\0');
  for (size_t at = 0; at < key.size();) {
    const size_t size = static_cast<uint8_t>(key[at]) + 1U;
    name.insert(0, key, at, size);
    at += size;
  }
  return name;
}

void ApexTree::Insert(NameView apex) { keys_.insert(KeyOf(apex)); }

void ApexTree::Remove(NameView apex) { keys_.erase(KeyOf(apex)); }

std::vector<std::string> ApexTree::Children(NameView apex, size_t* looked_at) const {
  const std::string parent = KeyOf(apex);
  std::vector<std::string> children;
  size_t visited = 0;
  for (auto at = keys_.upper_bound(parent); at != keys_.end(); ++visited) {
    if (!absl::StartsWith(*at, parent)) {
      break;
    }
    children.push_back(NameOf(*at));
    at = keys_.lower_bound(*at + kBehindLabels);
  }
  if (looked_at != nullptr) {
    *looked_at = visited;
  }
  return children;
}

}  // namespace cloudmap::dns
