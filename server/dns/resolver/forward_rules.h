// ForwardRules: which upstreams are asked for a name.
//
//   ForwardRules rules;
//   rules.Add("corp.example", {address});                   // --forward-zone
//   rules.SetDefault({address, address});                   // --forward
//   const ForwardGroup* group = rules.Find(name);           // the most specific; nullptr: nobody
//
// Thread safety: fixed once the resolver has started, but for the default's list of upstreams,
// which the resolver's thread replaces when /etc/resolv.conf changes.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/dns/resolver/upstream.h"

namespace cloudmap::dns {

// Upstreams that know the same names, in the order in which they are preferred.
struct ForwardGroup {
  // The zone in text, "." for the default; for logs.
  std::string zone;
  std::vector<std::unique_ptr<Upstream>> upstreams;
  // Questions that wait for an answer of this group.
  size_t in_flight = 0;
};

class ForwardRules {
 public:
  // `zone` is a wire name in lower case. REQUIRES: not added before.
  void Add(const std::string& zone, absl::string_view text,
           const std::vector<SocketAddress>& upstreams);
  // Upstreams that stay in the list keep what is known of them.
  void SetDefault(const std::vector<SocketAddress>& upstreams);

  // The group for a wire name in lower case; nullptr when no upstream is to be asked.
  ForwardGroup* Find(absl::string_view name) const;
  // True when a rule of its own, not the default, covers the name.
  bool HasRule(absl::string_view name) const;
  // The zones with a rule of their own, and the default's group: how many share the table.
  size_t size() const { return zones_.size() + 1; }

 private:
  ForwardGroup* FindRule(absl::string_view name) const;

  absl::flat_hash_map<std::string, std::unique_ptr<ForwardGroup>> zones_;
  std::unique_ptr<ForwardGroup> default_ = std::make_unique<ForwardGroup>();
  // Upstreams that left the default's list: questions that they were asked may still be under way.
  std::vector<std::unique_ptr<Upstream>> retired_;
};

}  // namespace cloudmap::dns
