#include "core/matching.h"

static const uint32_t NO_DEADLINE = UINT32_MAX;

/* The ports up to `last`, down to the stretch below, went to claims with this deadline or an
 * earlier one. */
struct kps_matching_stretch {
    uint32_t last, deadline;
};

static void heap_push(struct kps_matching *a, uint32_t job)
{
    uint32_t i = a->n_heap++;
    for (; i > 0 && a->jobs[a->heap[(i - 1) / 2]].last > a->jobs[job].last; i = (i - 1) / 2) {
        a->heap[i] = a->heap[(i - 1) / 2];
    }
    a->heap[i] = job;
}

static void heap_pop(struct kps_matching *a)
{
    uint32_t moved = a->heap[--a->n_heap];
    uint32_t i = 0;
    for (uint32_t child = 1; child < a->n_heap; child = 2 * i + 1) {
        if (child + 1 < a->n_heap &&
            a->jobs[a->heap[child + 1]].last < a->jobs[a->heap[child]].last) {
            child++;
        }
        if (a->jobs[a->heap[child]].last >= a->jobs[moved].last) {
            break;
        }
        a->heap[i] = a->heap[child];
        i = child;
    }
    a->heap[i] = moved;
}

static void give_ports(struct kps_matching *a, uint32_t last, uint32_t deadline)
{
    if (a->n_stretches && a->stretches[a->n_stretches - 1].deadline == deadline) {
        a->stretches[a->n_stretches - 1].last = last;
    } else {
        a->stretches[a->n_stretches++] = (struct kps_matching_stretch){last, deadline};
    }
}

/* Note the lack of claims whose range lies before the present port; they get no more. */
static void drop_late(struct kps_matching *a)
{
    while (a->n_heap && a->jobs[a->heap[0]].last < a->port) {
        uint32_t deadline = a->jobs[a->heap[0]].last;
        heap_pop(a);
        while (a->n_stretches && a->stretches[a->n_stretches - 1].deadline <= deadline) {
            a->n_stretches--;
        }
        uint32_t first = a->n_stretches ? a->stretches[a->n_stretches - 1].last + 1 : 1;
        give_ports(a, a->port - 1, deadline);
        while (a->n_lacks && a->lacks[a->n_lacks - 1].first >= first) {
            a->n_lacks--;
        }
        a->lacks[a->n_lacks++] = (struct kps_matching_range){first, deadline};
    }
}

static void admit_jobs(struct kps_matching *a)
{
    if (a->n_heap == 0) {
        uint32_t first = a->jobs[a->n_admitted].first;
        a->port = first > a->port ? first : a->port;
        give_ports(a, first - 1, NO_DEADLINE);
    }
    while (a->n_admitted < a->n_jobs && a->jobs[a->n_admitted].first <= a->port) {
        heap_push(a, a->n_admitted++);
    }
}

/*
 * Give ports to the most urgent claim until the claim has enough, its range ends, another range
 * begins, or a block begins.
 */
static void give_stretch(struct kps_matching *a, uint32_t block_first)
{
    struct kps_matching_job *job = &a->jobs[a->heap[0]];
    uint32_t last = a->port + job->need - 1;
    last = last > job->last ? job->last : last;
    last = last >= block_first ? block_first - 1 : last;
    if (a->n_admitted < a->n_jobs && last >= a->jobs[a->n_admitted].first) {
        last = a->jobs[a->n_admitted].first - 1;
    }
    give_ports(a, last, job->last);
    job->need -= last - a->port + 1;
    a->n_given += last - a->port + 1;
    a->port = last + 1;
    if (job->need == 0) {
        heap_pop(a);
    }
}

struct kps_matching kps_matching_new(struct kps_arena *arena, uint32_t most_jobs,
                                     uint32_t most_blocks)
{
    /* a stretch ends where a claim has enough or is late, a range begins or is idle, or a block
     * begins */
    size_t most_stretches = 4 * (size_t)most_jobs + most_blocks + 1;
    return (struct kps_matching){.jobs = KPS_NEW_N(arena, struct kps_matching_job, most_jobs),
                                 .blocks = KPS_NEW_N(arena, struct kps_matching_range, most_blocks),
                                 .lacks = KPS_NEW_N(arena, struct kps_matching_range, most_jobs),
                                 .heap = KPS_NEW_N(arena, uint32_t, most_jobs),
                                 .stretches =
                                     KPS_NEW_N(arena, struct kps_matching_stretch, most_stretches)};
}

void kps_matching_block(struct kps_matching *a, uint32_t first, uint32_t last)
{
    struct kps_matching_range *top = a->n_blocks ? &a->blocks[a->n_blocks - 1] : NULL;
    if (top && first <= top->last + 1) {
        top->last = last > top->last ? last : top->last;
    } else {
        a->blocks[a->n_blocks++] = (struct kps_matching_range){first, last};
    }
}

void kps_matching_run(struct kps_matching *a)
{
    uint32_t block = 0;
    a->n_heap = 0;
    a->n_stretches = 0;
    a->n_lacks = 0;
    a->n_admitted = 0;
    a->n_given = 0;
    a->port = 1;
    while (a->n_heap || a->n_admitted < a->n_jobs) {
        if (a->n_admitted < a->n_jobs) {
            admit_jobs(a);
        }
        drop_late(a);
        while (block < a->n_blocks && a->blocks[block].last < a->port) {
            block++;
        }
        uint32_t block_first = block < a->n_blocks ? a->blocks[block].first : UINT32_MAX;
        if (block_first <= a->port) {
            a->port = a->blocks[block].last + 1;
        } else if (a->n_heap) {
            give_stretch(a, block_first);
        }
    }
}
