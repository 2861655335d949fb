#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "diagnose/clean.h"
#include "diagnose/scan.h"

/* Logs: in one piece and byte by byte they say the same, and what is found lies in the text. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_symptom(const struct kps_scan *scan, struct kps_sv text,
                          const struct kps_symptom *symptom)
{
    KPS_ASSERT(symptom->off <= text.n && symptom->len <= text.n - symptom->off);
    KPS_ASSERT(symptom->line >= 1 && symptom->line <= scan->lines);
    KPS_ASSERT(symptom->first <= symptom->last && (symptom->first || !symptom->last));
    KPS_ASSERT(symptom->n_addrs <= KPS_SYMPTOM_ADDRS);
    KPS_ASSERT(symptom->path.n == 0 || symptom->kind == KPS_SYMPTOM_SOCKET_FILE);
    KPS_ASSERT((symptom->named == KPS_SYMPTOM_NAMELESS) == (symptom->name.n == 0));
    KPS_ASSERT(kps_symptom_kind_name(symptom->kind)[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    char *bytes = kps_alloc(arena, size + 1);
    if (size) {
        memcpy(bytes, data, size);
    }
    unsigned state = 0;
    struct kps_sv text = {bytes, kps_clean_text(bytes, size, &state)};
    (void)kps_clean_is_binary(text);

    struct kps_scan whole;
    struct kps_scan pieces;
    kps_scan_begin(&whole, arena);
    kps_scan_begin(&pieces, arena);
    kps_scan_text(&whole, text, true);
    for (size_t n = 0; n < text.n; n += 7) {
        kps_scan_text(&pieces, kps_sv_slice(text, 0, n), false);
    }
    kps_scan_text(&pieces, text, true);
    KPS_ASSERT(whole.found.all.n == pieces.found.all.n && whole.lines == pieces.lines);
    KPS_ASSERT(whole.done == text.n && whole.found.n_settled == whole.found.all.n);
    for (uint32_t i = 0; i < whole.found.all.n; i++) {
        check_symptom(&whole, text, &whole.found.all.v[i]);
        KPS_ASSERT(whole.found.all.v[i].off == pieces.found.all.v[i].off);
    }
    kps_scan_free(&whole);
    kps_scan_free(&pieces);
    return 0;
}
