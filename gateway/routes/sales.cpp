// A report says which position vector it answers for.
#include "gateway/routes/sales.hpp"

#include <initializer_list>
#include <utility>

#include "core/http1.hpp"
#include "gateway/middleware/aside.hpp"
#include "gateway/middleware/freshness_gate.hpp"
#include "query-side/queries/sales_json.hpp"

namespace granary::gateway {
namespace {

template <class Row>
void answer_report(const CallPtr& call, std::string_view by, const Result<queries::Report<Row>>& report) {
    if (!report && report.error().code == FaultCode::invalid_argument) return call->fail(ProblemCode::invalid_parameter, "from and to must be dates such as 2010-12-01, from not after to");
    if (!report) return call->fail(problem_for_view(report.error()));
    auto response = json_response(200, queries::json_of(by, *report));
    write_freshness(response.headers, report->view);
    call->answer(std::move(response));
}

std::string value_of(const CallPtr& call, std::string_view name) {
    const auto* text = call->request.query_value(name);
    return text != nullptr ? *text : std::string();
}

// Whether a parameter that this report has no use for is named; the call is failed then.
bool refuses_parameters(const CallPtr& call, std::initializer_list<std::string_view> names, std::string_view belongs_to) {
    for (const auto name : names) {
        if (call->request.query_value(name) == nullptr) continue;
        call->fail(ProblemCode::invalid_parameter, std::string(name) + " goes with of=" + std::string(belongs_to));
        return true;
    }
    return false;
}

void answer_figures(const CallPtr& call, std::string_view report, std::string_view by, const Result<queries::Figures>& figures) {
    if (!figures && figures.error().code == FaultCode::invalid_argument) return call->fail(ProblemCode::invalid_parameter, figures.error().message);
    if (!figures) return call->fail(problem_for_view(figures.error()));
    auto response = json_response(200, queries::json_of(report, by, *figures));
    write_freshness(response.headers, {figures->positions, call->services().freshness.age().age});
    call->answer(std::move(response));
}

void report_on_invoices(const CallPtr& call, const std::string& report, const std::string& by) {
    queries::InvoiceQuestion question{report, by, queries::InvoiceQuestion{}.top, {}};
    if (const auto top = value_of(call, "top"); !top.empty()) {
        const auto wanted = http1::parse_length(top);
        if (!wanted) return call->fail(ProblemCode::invalid_parameter, "top must be a number");
        question.top = static_cast<std::size_t>(*wanted);
    }
    auto scope = queries::parse_scope({value_of(call, "as_of"), value_of(call, "until"), value_of(call, "currency")});
    if (!scope) return call->fail(ProblemCode::invalid_parameter, scope.error().message);
    question.scope = std::move(*scope);
    const auto report_aside = [question](const CallPtr& asked) {
        // A scan of all of history is no work for an io thread.
        run_aside(asked, [question](const CallPtr& aside) { answer_figures(aside, question.report, question.by, aside->services().invoice_reports.run(question)); });
    };
    // What the log knew by a time is in the views once they have folded what was durable when the question came.
    if (question.scope.as_of) after_fold(call, queries::all_partitions(call->services().partitions), report_aside);
    else report_aside(call);
}

}  // namespace

void report_products(const CallPtr& call) { report_on_invoices(call, "products", ""); }
void report_cohorts(const CallPtr& call) { report_on_invoices(call, "cohorts", ""); }
void report_pairs(const CallPtr& call) { report_on_invoices(call, "pairs", ""); }

void report_stock(const CallPtr& call) {
    run_aside(call, [warehouse = value_of(call, "warehouse")](const CallPtr& aside) { answer_figures(aside, "stock", "", aside->services().stock_report.run(warehouse)); });
}

void report_sagas(const CallPtr& call) {
    if (!call->services().saga_report) return call->fail(ProblemCode::not_supported, "this node reports on no sagas");
    const std::string by = value_of(call, "by").empty() ? "status" : value_of(call, "by");
    run_aside(call, [by](const CallPtr& aside) { answer_figures(aside, "sagas", by, aside->services().saga_report(by)); });
}

void report_sales(const CallPtr& call) {
    const std::string by = value_of(call, "by").empty() ? "day" : value_of(call, "by");
    const std::string of = value_of(call, "of");
    if (of.empty() || of == "invoices") return refuses_parameters(call, {"from", "to"}, "orders") ? void() : report_on_invoices(call, "sales", by);
    if (of != "orders") return call->fail(ProblemCode::invalid_parameter, "of must be invoices or orders");
    if (refuses_parameters(call, {"as_of", "until", "currency"}, "invoices")) return;
    const queries::DayRange range{value_of(call, "from"), value_of(call, "to")};
    if (by != "day" && by != "product") return call->fail(ProblemCode::invalid_parameter, "by must be day or product");
    run_aside(call, [by, range](const CallPtr& aside) {
        const auto& sales = aside->services().sales;
        if (by == "day") answer_report(aside, by, sales.by_day(range));
        else answer_report(aside, by, sales.by_product(range));
    });
}

}  // namespace granary::gateway
