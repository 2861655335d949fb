#ifndef KPS_ASSIGN_SIBLINGS_H
#define KPS_ASSIGN_SIBLINGS_H

#include "assign/assign_plan.h"
#include "compose/collect.h"

/*
 * Collect the ports of the same project in the other checkouts of its repository (worktrees.h),
 * each with its own files and environment: the shell's variables for the ports of the project in
 * `ledger` mean nothing there. `directory` is the project's, `request` names its files, relative to
 * the directory. A checkout that cannot be read is KP907 and makes the report incomplete. The ports
 * live in the ledger's arena. Return: how many checkouts there are.
 */
size_t kps_siblings_collect(const struct kps_ledger *ledger, const struct kps_env *env,
                            struct kps_sv directory, const struct kps_compose_request *request,
                            const struct kps_sibling_port **ret, size_t *ret_n);

/* Return: whether other checkouts have files of the same names: not where a path leads out. */
bool kps_siblings_have(const struct kps_list *files);

#endif
