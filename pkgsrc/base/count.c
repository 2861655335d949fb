#include "base/count.h"

struct kps_sv kps_count_of(struct kps_arena *arena, size_t n, const char *word)
{
    return kps_fmt(arena, "%zu %s%s", n, word, n == 1 ? "" : "s");
}

const char *kps_count_word(struct kps_arena *arena, size_t n)
{
    static const char words[][6] = {"no",   "one", "two",   "three", "four",
                                    "five", "six", "seven", "eight", "nine"};
    return n < KPS_COUNT(words) ? words[n] : kps_fmt(arena, "%zu", n).p;
}
