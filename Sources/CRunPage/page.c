#include "CRunPage.h"

// A compiler reads files much sooner than a list of their bytes, which SwiftPM would make of them.
#pragma clang diagnostic ignored "-Wc23-extensions"

// The run page, put together of its pieces in this order. Scripts/check/fake_server.py reads it here.
static const unsigned char run_page[] = {
#embed "Shared/page-start.html" suffix(, )
#embed "Shared/style/colours.css" suffix(, )
#embed "Shared/style/base.css" suffix(, )
#embed "Shared/style/table.css" suffix(, )
#embed "Shared/style/form.css" suffix(, )
#embed "Shared/style/chart.css" suffix(, )
#embed "Run/progress.css" suffix(, )
#embed "Run/run.css" suffix(, )
#embed "Run/results.css" suffix(, )
#embed "Run/steering.css" suffix(, )
#embed "Shared/style/print.css" suffix(, )
#embed "Run/print.css" suffix(, )
#embed "Shared/style-end.html" suffix(, )
#embed "Run/body.html" suffix(, )
#embed "Shared/script-start.html" suffix(, )
#embed "Shared/script/nodes.js" suffix(, )
#embed "Shared/script/values.js" suffix(, )
#embed "Shared/script/reading.js" suffix(, )
#embed "Shared/script/steering.js" suffix(, )
#embed "Shared/script/connection.js" suffix(, )
#embed "Shared/script/axis.js" suffix(, )
#embed "Shared/script/chart.js" suffix(, )
#embed "Shared/script/chart-picture.js" suffix(, )
#embed "Run/score.js" suffix(, )
#embed "Run/settings.js" suffix(, )
#embed "Run/heading.js" suffix(, )
#embed "Run/curves.js" suffix(, )
#embed "Run/updates.js" suffix(, )
#embed "Run/target.js" suffix(, )
#embed "Run/rounds.js" suffix(, )
#embed "Run/clients.js" suffix(, )
#embed "Run/results.js" suffix(, )
#embed "Run/division.js" suffix(, )
#embed "Run/feeds.js" suffix(, )
#embed "Run/progress.js" suffix(, )
#embed "Run/print.js" suffix(, )
#embed "Run/steering.js" suffix(, )
#embed "Run/run.js" suffix(, )
#embed "Run/start.js" suffix(, )
#embed "Shared/page-end.html" suffix(, )
};

// The page of a store's runs.
static const unsigned char store_page[] = {
#embed "Shared/page-start.html" suffix(, )
#embed "Shared/style/colours.css" suffix(, )
#embed "Shared/style/base.css" suffix(, )
#embed "Shared/style/table.css" suffix(, )
#embed "Shared/style/form.css" suffix(, )
#embed "Shared/style/chart.css" suffix(, )
#embed "Store/lines.css" suffix(, )
#embed "Store/store.css" suffix(, )
#embed "Store/cards.css" suffix(, )
#embed "Shared/style/print.css" suffix(, )
#embed "Store/print.css" suffix(, )
#embed "Shared/style-end.html" suffix(, )
#embed "Store/body.html" suffix(, )
#embed "Shared/script-start.html" suffix(, )
#embed "Shared/script/nodes.js" suffix(, )
#embed "Shared/script/values.js" suffix(, )
#embed "Shared/script/reading.js" suffix(, )
#embed "Shared/script/steering.js" suffix(, )
#embed "Shared/script/connection.js" suffix(, )
#embed "Shared/script/axis.js" suffix(, )
#embed "Store/filter.js" suffix(, )
#embed "Store/rows.js" suffix(, )
#embed "Store/view.js" suffix(, )
#embed "Store/spark.js" suffix(, )
#embed "Store/table.js" suffix(, )
#embed "Store/finding.js" suffix(, )
#embed "Store/lines.js" suffix(, )
#embed "Store/overlay.js" suffix(, )
#embed "Store/compare.js" suffix(, )
#embed "Store/differences.js" suffix(, )
#embed "Store/steer.js" suffix(, )
#embed "Store/start.js" suffix(, )
#embed "Shared/page-end.html" suffix(, )
};

const unsigned char *crp_page(void) { return run_page; }
size_t crp_page_size(void) { return sizeof run_page; }

const unsigned char *crp_store_page(void) { return store_page; }
size_t crp_store_page_size(void) { return sizeof store_page; }
