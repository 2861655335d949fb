#ifndef KPS_PLUGIN_HOOK_REQUEST_H
#define KPS_PLUGIN_HOOK_REQUEST_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/compiler.h"

/*
 * The request and the answer of a hook of the Docker CLI, as JSON. The CLI of each version sends
 * what it has: absent members are empty, unknown ones are left alone.
 */
struct kps_hook_request {
    struct kps_sv root_command;  /* "compose": the entry of the configuration that matched */
    struct kps_sv command_error; /* the text of the failure; empty: none was passed */
    /* A flag that names the project or its files was given ("f", "project-name"). */
    bool has_project_flag;
    bool has_flags; /* the member is there */
};

/* Read a request. Return: false when the text is no JSON object. Texts are in the arena. */
KPS_MUST_USE bool kps_hook_request_read(struct kps_arena *arena, struct kps_sv json,
                                        struct kps_hook_request *ret);

/* Return: whether the failure that was passed on leaves the reason open. */
bool kps_hook_request_is_open(const struct kps_hook_request *request);

/*
 * Return: the answer with `text` (lines without control bytes), as a line of JSON. Template syntax
 * in the text is escaped. With an empty text docker shows nothing.
 */
struct kps_sv kps_hook_request_answer(struct kps_arena *arena, struct kps_sv text);

#endif
