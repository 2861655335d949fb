#include <stddef.h>
#include <stdint.h>

#include "base/compiler.h"
#include "base/limits.h"
#include "http/http_message.h"

/* The input is what comes over a connection: taken at once and byte by byte it must mean the same.
 */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_BYTES = 4096 };

/* Return: how many bytes were used. */
static size_t feed(struct kps_http_message *message, struct kps_arena *arena, struct kps_sv bytes,
                   size_t step)
{
    size_t used = 0;
    kps_http_message_start(message, arena, MAX_BYTES);
    while (used < bytes.n && !kps_http_message_is_over(message)) {
        struct kps_sv piece = kps_sv_slice(bytes, used, used + step);
        size_t taken = kps_http_message_feed(message, piece.p, piece.n);
        KPS_ASSERT(taken > 0 && taken <= piece.n);
        KPS_ASSERT(taken == piece.n || kps_http_message_is_over(message));
        used += taken;
    }
    kps_http_message_end(message);
    KPS_ASSERT(kps_http_message_is_over(message));
    KPS_ASSERT(message->body.n <= MAX_BYTES && message->head.n <= KPS_LIMIT_HTTP_HEAD);
    return used;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv bytes = kps_sv_copy(arena, (struct kps_sv){(const char *)data, size});
    struct kps_http_message whole;
    struct kps_http_message pieces;
    size_t used = feed(&whole, arena, bytes, bytes.n ? bytes.n : 1);
    size_t used_pieces = feed(&pieces, arena, bytes, 1);
    KPS_ASSERT(whole.state == pieces.state && whole.status == pieces.status);
    if (whole.state == KPS_HTTP_DONE) {
        KPS_ASSERT(used == used_pieces &&
                   kps_sv_eq(kps_buf_sv(&whole.body), kps_buf_sv(&pieces.body)));
        KPS_ASSERT(kps_sv_eq(whole.headers, pieces.headers) && whole.status >= 200 &&
                   whole.status < 600);
        (void)kps_http_find_header(whole.headers, "Content-Type");
    }
    return 0;
}
