#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "cluster/list_page.h"
#include "core/fingerprint.h"
#include "core/port_use.h"
#include "fuzz/formats.h"
#include "fuzz/parts.h"
#include "kube/collect.h"
#include "kube/live_items.h"

/*
 * Lists of a live cluster, separated by form feeds, and a question about one of its ports: the
 * answer by node is rendered in every format of a query.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add_item(void *context, struct kps_sv json)
{
    (void)kps_kube_add_live(context, json);
}

static void answer(struct kps_ledger *ledger, bool is_list)
{
    struct kps_port_uses uses = kps_port_uses_of(ledger, ledger->diag->arena);
    uint16_t port = uses.n && uses.v[0].first ? uses.v[0].first : 8080;
    const struct kps_question question = {.words = SV("8080"),
                                          .ports = {.first = port, .last = port}};
    const bool is_of_node = false;
    const struct kps_query query = {.scope = KPS_QUERY_CLUSTER,
                                    .questions = &question,
                                    .n_questions = is_list ? 0 : 1,
                                    .is_of_node = &is_of_node,
                                    .holdings = uses.v,
                                    .n_holdings = uses.n,
                                    .now = 1700000000};
    const struct kps_report report = {
        .ledger = ledger, .version = "0", .mode = "cluster", .query = &query};
    formats_check(&report, FORMATS_FOR_QUERIES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_diag diag = {.arena = arena};
    struct kps_ledger ledger = {.diag = &diag};
    const struct kps_kube_options options = {.is_live = true};
    struct kps_kube *kube = kps_kube_open(&ledger, &options);
    const struct kps_list_reader how = {.arena = arena, .item = add_item, .context = kube};
    struct kps_sv rest = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    kps_kube_begin_live(kube);
    while (rest.n) {
        struct kps_list_page page;
        bool is_whole = kps_list_page_read(&how, parts_next(&rest), &page);
        KPS_ASSERT(is_whole == (page.error.n == 0));
    }
    kps_kube_enter_live(kube);
    kps_ledger_link(&ledger);
    kps_fingerprint_all(&ledger);
    kps_diag_sort(&diag);
    answer(&ledger, size % 2);
    kps_kube_close(kube);
    kps_ledger_free(&ledger);
    kps_diag_free(&diag);
    return 0;
}
