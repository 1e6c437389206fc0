// What the catalogue accepts, refuses and passes over.
#include "command-side/domain/catalog.hpp"

#include "tests/command-side/domain/scenario.hpp"

using namespace granary;
using namespace granary::catalog;

namespace {

using Catalog = scenario::Scenario<ProductStateT, Event, Command>;
const Sku apple = Sku::from_stored("APPLE-1");
const Amount price{25'500, currency("GBP")};

CreateProductT create() {
    CreateProductT c;
    c.sku = apple;
    c.name = "Apple";
    c.description = "Crisp";
    c.unit_price = price;
    return c;
}
UpdateProductT update() {
    UpdateProductT c;
    c.sku = apple;
    return c;
}
RetireProductT retire() {
    RetireProductT c;
    c.sku = apple;
    c.reason = "out of season";
    return c;
}
ProductCreatedT created() {
    ProductCreatedT e;
    e.sku = apple;
    e.name = "Apple";
    e.description = "Crisp";
    e.unit_price = price;
    return e;
}
ProductRetiredT retired() {
    ProductRetiredT e;
    e.sku = apple;
    e.reason = "out of season";
    return e;
}

}  // namespace

TEST_CASE("create a product: right event, and a second one under the SKU is refused") {
    Catalog().when(create()).then({created()});
    Catalog().given({created()}).when(create()).refused(RefusalCode::already_exists, "/sku");
    Catalog().given({created(), retired()}).when(create()).refused(RefusalCode::already_exists, "/sku");
}

TEST_CASE("create refuses by precedence: the fields in their order, then what exists") {
    auto c = create();
    c.unit_price.ten_thousandths = -1;
    Catalog().given({created()}).when(c).refused(RefusalCode::invalid, "/unit_price");
    c.description.assign(limits::product_description_bytes_max + 1, 'x');
    Catalog().when(c).refused(RefusalCode::limit_exceeded, "/description");
    c.name.clear();
    Catalog().when(c).refused(RefusalCode::invalid, "/name");
    c.sku = {};
    Catalog().when(c).refused(RefusalCode::invalid, "/sku");
}

TEST_CASE("names, descriptions and prices are taken up to their limits and not beyond") {
    auto c = create();
    c.name.assign(limits::product_name_bytes_max, 'n');
    c.description.assign(limits::product_description_bytes_max, 'd');
    c.unit_price.ten_thousandths = limits::price_ten_thousandths_max;
    CHECK(Catalog().when(c).decision().has_value());
    auto longer = c;
    longer.name += 'n';
    Catalog().when(longer).refused(RefusalCode::limit_exceeded, "/name");
    auto dearer = c;
    ++dearer.unit_price.ten_thousandths;
    Catalog().when(dearer).refused(RefusalCode::limit_exceeded, "/unit_price");
    auto foreign = c;
    foreign.unit_price.currency = currency("QQQ");
    Catalog().when(foreign).refused(RefusalCode::invalid, "/unit_price");
    auto free = create();
    free.unit_price.ten_thousandths = 0;
    CHECK(Catalog().when(free).decision().has_value());
}

TEST_CASE("an update changes what is given, keeps the rest, and is silent when nothing changes") {
    auto c = update();
    c.has_unit_price = true;
    c.unit_price = {30'000, currency("GBP")};
    ProductUpdatedT updated;
    updated.sku = apple;
    updated.name = "Apple";
    updated.description = "Crisp";
    updated.unit_price = c.unit_price;
    Catalog().given({created()}).when(c).then({updated}).when(c).nothing_happens();
    Catalog().given({created()}).when(update()).nothing_happens();
    auto cleared = update();
    cleared.has_description = true;
    updated.description.clear();
    updated.unit_price = price;
    Catalog().given({created()}).when(cleared).then({updated});
}

TEST_CASE("an update of what is not there, or retired, is refused; fields first") {
    auto c = update();
    Catalog().when(c).refused(RefusalCode::not_found, "/sku");
    Catalog().given({created(), retired()}).when(c).refused(RefusalCode::product_retired, "/sku");
    c.has_name = true;
    Catalog().when(c).refused(RefusalCode::invalid, "/name");
    c.has_name = false;
    c.name.assign(limits::product_name_bytes_max + 1, 'n');
    Catalog().given({created()}).when(c).nothing_happens();
}

TEST_CASE("retire: once, and only what exists") {
    Catalog().given({created()}).when(retire()).then({retired()}).when(retire()).nothing_happens();
    Catalog().when(retire()).refused(RefusalCode::not_found, "/sku");
    auto c = retire();
    c.reason.assign(limits::reason_bytes_max + 1, 'r');
    Catalog().given({created()}).when(c).refused(RefusalCode::limit_exceeded, "/reason");
}
