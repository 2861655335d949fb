#include "kube/rollout.h"

bool kps_rollout_amount_parse(struct kps_sv text, struct kps_rollout_amount *ret)
{
    bool percent = text.n > 0 && text.p[text.n - 1] == '%';
    int64_t value = kps_sv_number(kps_sv_head(text, text.n - percent), INT32_MAX);
    if (value < 0) {
        return false;
    }
    *ret = (struct kps_rollout_amount){(uint32_t)value, percent};
    return true;
}

static uint32_t amount_of(struct kps_rollout_amount amount, uint32_t replicas, uint32_t round_up)
{
    if (!amount.percent) {
        return amount.value;
    }
    uint64_t share = ((uint64_t)amount.value * replicas + (round_up ? 99 : 0)) / 100;
    return share > UINT32_MAX ? UINT32_MAX : (uint32_t)share;
}

struct kps_rollout kps_rollout_resolve(uint32_t replicas, struct kps_rollout_amount surge,
                                       struct kps_rollout_amount unavailable)
{
    struct kps_rollout rollout = {replicas, amount_of(surge, replicas, 1),
                                  amount_of(unavailable, replicas, 0)};
    if (rollout.surge == 0 && rollout.unavailable == 0) {
        rollout.unavailable = 1;
    }
    if (rollout.unavailable > replicas) {
        rollout.unavailable = replicas;
    }
    return rollout;
}

bool kps_rollout_stuck(const struct kps_rollout *rollout, uint32_t nodes)
{
    return rollout->replicas > 0 && nodes <= rollout->replicas &&
           nodes <= rollout->replicas - rollout->unavailable;
}
