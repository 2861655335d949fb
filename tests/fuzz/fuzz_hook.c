#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/compiler.h"
#include "plugin/docker_command.h"
#include "plugin/hook_request.h"

/* The input of the hook from the Docker CLI: a request as JSON, a command line, a text to show. */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_inside(struct kps_sv part, struct kps_sv whole)
{
    return part.n == 0 || part.n <= whole.n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct kps_arena *arena KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    char *bytes = kps_alloc(arena, size + 1);
    if (size) {
        memcpy(bytes, data, size);
    }
    struct kps_sv text = {bytes, size};
    struct kps_hook_request request;
    if (kps_hook_request_read(arena, text, &request)) {
        KPS_ASSERT(is_inside(request.command_error, text));
    }
    struct kps_sv *words = NULL;
    size_t n = kps_docker_command_split(arena, text, &words);
    struct kps_docker_command command;
    kps_docker_command_read(words, n, &command);
    for (uint32_t i = 0; i < command.publishes.n; i++) {
        (void)kps_docker_command_host_side(arena, command.publishes.v[i]);
    }
    KPS_ASSERT(command.names.n <= n && command.files.n <= n);
    kps_docker_command_free(&command);
    struct kps_sv answer = kps_hook_request_answer(arena, kps_sv_slice(text, 0, strlen(bytes)));
    KPS_ASSERT(kps_sv_find(answer, '\n') == answer.n);
    return 0;
}
