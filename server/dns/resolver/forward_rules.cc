#include "server/dns/resolver/forward_rules.h"

#include <utility>

namespace cloudmap::dns {

void ForwardRules::Add(const std::string& zone, absl::string_view text,
                       const std::vector<SocketAddress>& upstreams) {
  auto group = std::make_unique<ForwardGroup>();
  group->zone = std::string(text);
  for (const SocketAddress& address : upstreams) {
    group->upstreams.push_back(std::make_unique<Upstream>(address));
  }
  zones_[zone] = std::move(group);
}

void ForwardRules::SetDefault(const std::vector<SocketAddress>& upstreams) {
  default_->zone.assign(1, '.');
  std::vector<std::unique_ptr<Upstream>> next;
  for (const SocketAddress& address : upstreams) {
    std::unique_ptr<Upstream> upstream;
    for (std::unique_ptr<Upstream>& known : default_->upstreams) {
      if (known != nullptr && known->address().ToString() == address.ToString()) {
        upstream = std::move(known);
      }
    }
    next.push_back(upstream != nullptr ? std::move(upstream) : std::make_unique<Upstream>(address));
  }
  for (std::unique_ptr<Upstream>& known : default_->upstreams) {
    if (known != nullptr) {
      retired_.push_back(std::move(known));
    }
  }
  default_->upstreams = std::move(next);
}

ForwardGroup* ForwardRules::FindRule(absl::string_view name) const {
  for (size_t at = 0; at < name.size() && !zones_.empty();
       at += static_cast<uint8_t>(name[at]) + 1U) {
    const auto found = zones_.find(name.substr(at));
    if (found != zones_.end()) {
      return found->second.get();
    }
  }
  return nullptr;
}

bool ForwardRules::HasRule(absl::string_view name) const { return FindRule(name) != nullptr; }

ForwardGroup* ForwardRules::Find(absl::string_view name) const {
  ForwardGroup* rule = FindRule(name);
  if (rule != nullptr) {
    return rule;
  }
  return default_->upstreams.empty() ? nullptr : default_.get();
}

}  // namespace cloudmap::dns
