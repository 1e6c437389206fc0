// Counted product by product: for each one, what stands behind it in the baskets that hold it.
#include "query-side/queries/invoices/pairs.hpp"

#include <algorithm>
#include <numeric>
#include <queue>
#include <tuple>
#include <utility>

namespace granary::queries {
namespace {

// Products by their place in the order of codes.
struct Pair {
    std::uint32_t count = 0;
    std::uint32_t a = 0;
    std::uint32_t b = 0;

    // True when it ranks before the other.
    bool operator<(const Pair& other) const { return std::tuple(other.count, a, b) < std::tuple(count, other.a, other.b); }
};

// The best so many; the worst of them is at hand.
class Ranking {
  public:
    explicit Ranking(std::size_t size) : size_(size) {}

    void offer(const Pair& pair) {
        if (size_ == 0) return;
        if (kept_.size() == size_ && !(pair < kept_.top())) return;
        kept_.push(pair);
        if (kept_.size() > size_) kept_.pop();
    }
    std::vector<Pair> take() {
        std::vector<Pair> ranked;
        for (; !kept_.empty(); kept_.pop()) ranked.push_back(kept_.top());
        std::ranges::reverse(ranked);
        return ranked;
    }

  private:
    const std::size_t size_;
    std::priority_queue<Pair> kept_;
};

using Baskets = std::vector<std::vector<std::uint32_t>>;

// Where a product stands in a basket.
struct Place {
    std::uint32_t basket = 0;
    std::uint32_t index = 0;
};
using Places = std::vector<std::vector<Place>>;

Places places_in(const Baskets& baskets, std::size_t products) {
    Places places(products);
    for (std::uint32_t basket = 0; basket < baskets.size(); ++basket) {
        for (std::uint32_t index = 0; index < baskets[basket].size(); ++index) places[baskets[basket][index]].push_back({basket, index});
    }
    return places;
}

std::vector<Pair> rank(const Baskets& baskets, const Places& places, std::size_t top) {
    Ranking ranking(top);
    std::vector<std::uint32_t> together(places.size());
    std::vector<std::uint32_t> touched;
    for (std::uint32_t a = 0; a < places.size(); ++a) {
        for (const auto b : std::exchange(touched, {})) together[b] = 0;
        for (const auto [basket, index] : places[a]) {
            const auto& products = baskets[basket];
            for (std::size_t behind = index + 1; behind < products.size(); ++behind) {
                if (together[products[behind]]++ == 0) touched.push_back(products[behind]);
            }
        }
        for (const auto b : touched) ranking.offer({together[b], a, b});
    }
    return ranking.take();
}

// For each id its place in the order of codes.
std::vector<std::uint32_t> order_of(const std::vector<std::string>& codes, std::vector<std::uint32_t>& sorted) {
    sorted.resize(codes.size());
    std::iota(sorted.begin(), sorted.end(), 0);
    std::ranges::sort(sorted, {}, [&](std::uint32_t id) -> const std::string& { return codes[id]; });
    std::vector<std::uint32_t> place(codes.size());
    for (std::uint32_t i = 0; i < sorted.size(); ++i) place[sorted[i]] = i;
    return place;
}

}  // namespace

void Pairs::take(const ReportInvoice& invoice) {
    std::vector<std::uint32_t> basket;
    bool is_order = false;
    for (const auto& line : invoice.lines) {
        if (line.kind != read_models::LineKind::sale) continue;
        is_order = true;
        if (!read_models::is_product_code(line.code)) continue;
        const auto [place, is_new] = ids_.emplace(line.code, static_cast<std::uint32_t>(codes_.size()));
        if (is_new) codes_.emplace_back(line.code);
        basket.push_back(place->second);
    }
    orders_ += is_order ? 1 : 0;
    std::ranges::sort(basket);
    basket.erase(std::unique(basket.begin(), basket.end()), basket.end());
    if (!basket.empty()) baskets_.push_back(std::move(basket));
}

Figures Pairs::figures(std::size_t top) const {
    using enum FigureKind;
    std::vector<std::uint32_t> sorted;
    const auto place = order_of(codes_, sorted);
    Baskets baskets = baskets_;
    for (auto& basket : baskets) {
        for (auto& product : basket) product = place[product];
        std::ranges::sort(basket);
    }
    const auto places = places_in(baskets, codes_.size());
    Figures figures;
    figures.columns = {{"rank", integer}, {"a", text}, {"b", text}, {"count", integer}, {"count_a", integer}, {"count_b", integer}, {"support", ratio}, {"conf_a_to_b", ratio}, {"conf_b_to_a", ratio}, {"lift", ratio}};
    for (const auto& pair : rank(baskets, places, top)) {
        const std::uint64_t count_a = places[pair.a].size();
        const std::uint64_t count_b = places[pair.b].size();
        figures.rows.push_back({std::to_string(figures.rows.size() + 1), codes_[sorted[pair.a]], codes_[sorted[pair.b]], std::to_string(pair.count), std::to_string(count_a), std::to_string(count_b),
                                ratio_text(pair.count, orders_), ratio_text(pair.count, count_a), ratio_text(pair.count, count_b), ratio_text(pair.count * orders_, count_a * count_b)});
    }
    return figures;
}

}  // namespace granary::queries
