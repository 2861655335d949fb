#ifndef SUPPORT_ENGINE_WORLD_H
#define SUPPORT_ENGINE_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "docker/collect.h"
#include "support/fake_engine.h"

/* A ledger that an engine fills, for the tests of pkgsrc/docker. */
struct world {
    struct kps_arena *arena;
    struct kps_diag diag;
    struct kps_ledger ledger;
    struct kps_env env;
};

static inline void world_start(struct world *w)
{
    *w = (struct world){.arena = kps_arena_new()};
    w->diag.arena = w->arena;
    w->ledger.diag = &w->diag;
}

static inline void world_end(struct world *w)
{
    kps_ledger_free(&w->ledger);
    kps_diag_free(&w->diag);
    kps_arena_free(w->arena);
}

/* Asks the engine about everything it has, for the files of a check. */
static inline struct kps_docker_result ask(struct world *w, const struct fake_engine *engine,
                                           uint32_t timeout_ms)
{
    const char *scheme = strchr(engine->address, '/') ? "unix" : "tcp";
    struct kps_docker_options options = {.host =
                                             kps_fmt(w->arena, "%s://%s", scheme, engine->address),
                                         .timeout_ms = timeout_ms,
                                         .for_files = true};
    return kps_docker_collect(&w->ledger, &kps_fs_os, &w->env, &options);
}

/* Return: are the words in the text? Print both when not. */
static inline bool has(struct kps_sv text, const char *words)
{
    bool found = kps_sv_search(text, kps_sv_of(words)) < text.n;
    if (!found) {
        print_error("no '%s' in:\n%.*s\n", words, SV_ARG(text));
    }
    return found;
}

#endif
