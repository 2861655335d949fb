#include "compose/vars.h"

void kps_vars_free(struct kps_vars *vars)
{
    kps_vec_free(&vars->own);
}

void kps_vars_set(struct kps_vars *vars, const struct kps_var *var)
{
    uint32_t at = *kps_map_put(&vars->index, vars->diag->arena, var->name, vars->own.n);
    if (at == vars->own.n) {
        *kps_vec_push(&vars->own) = *var;
    } else {
        vars->own.v[at] = *var;
    }
}

bool kps_vars_get(const struct kps_vars *vars, struct kps_sv name, struct kps_var *ret)
{
    /* As deep as projects include each other (KPS_LIMIT_CHAIN). */
    if (vars->stronger && kps_vars_get(vars->stronger, name, ret)) {
        return true;
    }
    struct kps_sv value;
    if (vars->shell && kps_env_get(vars->shell, name, &value)) {
        *ret = (struct kps_var){.name = name, .value = value};
        return true;
    }
    uint32_t at = kps_map_get(&vars->index, name, UINT32_MAX);
    if (at == UINT32_MAX) {
        return false;
    }
    *ret = vars->own.v[at];
    return true;
}
