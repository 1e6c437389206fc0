// The rows of one view while events change them: views see decoded rows, whoever runs them sees bytes.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "query-side/read_models/catalog.hpp"
#include "query-side/read_models/customers.hpp"
#include "query-side/read_models/inventory.hpp"
#include "query-side/read_models/orders.hpp"
#include "query-side/read_models/payments.hpp"
#include "query-side/read_models/row.hpp"

namespace granary::views {

// One decoded row.
class Cell {
  public:
    virtual ~Cell() = default;
    // Renders what is served, then encodes: once per row and step, however many events changed it.
    virtual std::string payload() = 0;
    // Whether later events may change this row: such rows are worth keeping at hand.
    virtual bool comes_back() const = 0;
};

template <class Row>
class RowCell final : public Cell {
  public:
    explicit RowCell(Row row) : row_(std::move(row)) {}
    Row& row() { return row_; }
    std::string payload() override {
        if constexpr (requires { read_models::render(row_); }) read_models::render(row_);
        return read_models::encode(row_);
    }
    bool comes_back() const override {
        return !std::is_same_v<Row, read_models::EntryRow> && !std::is_same_v<Row, read_models::TimelineRowT> &&
               !std::is_same_v<Row, read_models::InvoiceRowT> && !std::is_same_v<Row, read_models::AccessRowT>;
    }

  private:
    Row row_;
};

// Reads bytes of a stored row; null when they are damaged.
using CellDecoder = std::unique_ptr<Cell> (*)(std::string_view payload);

// What `apply` reads and changes. A key holds one kind of row for ever: views tell kinds apart by the key's first byte.
class Rows {
  public:
    virtual ~Rows() = default;

    // The row, to be changed; null when there is none.
    template <class Row>
    Row* edit(const std::string& key) {
        Cell* cell = edit_cell(key, decode_cell<Row>);
        return cell == nullptr ? nullptr : &static_cast<RowCell<Row>*>(cell)->row();
    }
    // The row, to be changed; an empty one when there is none.
    template <class Row>
    Row& make(const std::string& key) {
        if (Row* row = edit<Row>(key)) return *row;
        return replace<Row>(key, Row{});
    }
    // Whatever was there before. Costs no read.
    template <class Row>
    Row& replace(const std::string& key, Row row) {
        auto cell = std::make_unique<RowCell<Row>>(std::move(row));
        Row& in_place = cell->row();
        put_cell(key, std::move(cell));
        return in_place;
    }
    // Nothing happens when there is none. Costs no read.
    virtual void remove(const std::string& key) = 0;

  protected:
    virtual Cell* edit_cell(const std::string& key, CellDecoder decode) = 0;
    virtual void put_cell(const std::string& key, std::unique_ptr<Cell> cell) = 0;

  private:
    template <class Row>
    static std::unique_ptr<Cell> decode_cell(std::string_view payload) {
        auto row = read_models::decode(std::type_identity<Row>{}, payload);
        if (!row) return nullptr;
        return std::make_unique<RowCell<Row>>(std::move(*row));
    }
};

}  // namespace granary::views
