#include "kube/live_apply.h"

/*
 * Pods that find a node in the best case only. A matching exists, but the scheduler does not search
 * for matchings: pods with a choice can take the only nodes of others. And a controller that needs
 * fewer pods may end others than those in the way.
 */

/* Return how many pods of others want the places of a plan's pods, and *ret_nodes: how many places
 * there are. */
static uint32_t count_competitors(const struct kps_live_apply *apply,
                                  const struct kps_live_seeker *s, uint32_t *ret_nodes)
{
    const struct kps_live_board *board = &apply->board;
    uint32_t n_nodes = board->kube->nodes.n;
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    uint8_t *open = KPS_NEW_N(scratch, uint8_t, (size_t)n_nodes + 1);
    uint32_t pods = 0;
    *ret_nodes = 0;
    for (uint32_t i = 0; i < n_nodes; i++) {
        int32_t holder = -1;
        open[i] = s->admits[i] && (kps_live_is_free(board, s->ports, i, &holder) || holder < 0);
        *ret_nodes += open[i];
    }
    for (uint32_t k = 0; k < board->seekers.n; k++) {
        const struct kps_live_seeker *t = &board->seekers.v[k];
        uint32_t shared = 0;
        bool competes =
            t->n && kps_live_ports_clash(s->ports, t->ports) && t->priority >= s->priority;
        for (uint32_t i = 0; i < n_nodes && competes; i++) {
            shared += open[i] && t->admits[i] ? 1 : 0;
        }
        pods += t->n < shared ? t->n : shared;
    }
    return pods;
}

/* The pods of one controller that needs fewer of them. */
struct picks {
    uint32_t gone, inside, outside; /* inside: gone from places of a seeker; outside: elsewhere,
                                       gone or not */
};

static struct picks count_picks(const struct kps_live_board *board, const struct kps_live_seeker *s,
                                uint64_t controller)
{
    const struct kps_live *live = board->kube->live;
    struct picks picks = {0};
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        bool is_here =
            pod->controller == controller && pod->node >= 0 && (pod->is_pick || !pod->is_gone);
        bool is_inside =
            is_here && s->admits[pod->node] && kps_live_ports_clash(s->ports, pod->ports);
        picks.gone += is_here && pod->is_pick;
        picks.inside += is_inside && pod->is_pick;
        picks.outside += is_here && !is_inside;
    }
    return picks;
}

/* Return how many places of a seeker are free only if the right pods of another controller end, and
 * *ret_pod: one of these; unchanged without. */
static uint32_t count_unsure(const struct kps_live_board *board, const struct kps_live_seeker *s,
                             const struct kps_live_pod **ret_pod)
{
    const struct kps_live *live = board->kube->live;
    uint32_t unsure = 0;
    for (uint32_t i = 0; i < live->pods.n; i++) {
        const struct kps_live_pod *pod = &live->pods.v[i];
        bool is_first = pod->is_pick;
        for (uint32_t k = 0; k < i && is_first; k++) {
            is_first = !live->pods.v[k].is_pick || live->pods.v[k].controller != pod->controller;
        }
        if (is_first) {
            struct picks picks = count_picks(board, s, pod->controller);
            uint32_t sure = picks.gone > picks.outside ? picks.gone - picks.outside : 0;
            *ret_pod = picks.inside > sure ? pod : *ret_pod;
            unsure += picks.inside > sure ? picks.inside - sure : 0;
        }
    }
    return unsure;
}

bool kps_live_needs_luck(const struct kps_live_apply *apply, const struct kps_live_plan *plan,
                         struct kps_live_luck *ret)
{
    *ret = (struct kps_live_luck){.is_crowded = false};
    bool needs_luck = false;
    for (uint32_t i = 0; i < apply->board.seekers.n && !needs_luck; i++) {
        const struct kps_live_seeker *s = &apply->board.seekers.v[i];
        uint32_t places = 0;
        if (s->plan == plan - apply->plans.v + 1 && s->n && s->placed == s->n && !s->is_bound) {
            uint32_t wanted = count_competitors(apply, s, &places);
            uint32_t unsure = count_unsure(&apply->board, s, &ret->leaver);
            ret->seeker = i;
            ret->is_crowded = wanted > places;
            needs_luck = wanted + unsure > places;
        }
    }
    return needs_luck;
}
