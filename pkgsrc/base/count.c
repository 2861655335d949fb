#include "base/count.h"

struct kps_sv kps_count_of(struct kps_arena *arena, size_t n, const char *word)
{
    return kps_fmt(arena, "%zu %s%s", n, word, n == 1 ? "" : "s");
}
