#include "plugin/hook_request.h"

#include <jansson.h>

#include "base/buf.h"
#include "report/json.h"

/* An object that is freed at the end of its block. */
static void release_json(json_t **json)
{
    json_decref(*json);
}

static struct kps_sv text_of(struct kps_arena *arena, const json_t *object, const char *name)
{
    const json_t *member = json_object_get(object, name);
    struct kps_sv text = {json_string_value(member), json_string_length(member)};
    return kps_sv_copy(arena, text);
}

/* Return whether a flag says which project is meant; "f=x" of the raw words counts as "f". */
static bool is_project_flag(struct kps_sv name)
{
    name = kps_sv_before(name, '=');
    return kps_sv_is_one_of(name, "f file p project-name project-directory env-file profile");
}

bool kps_hook_request_read(struct kps_arena *arena, struct kps_sv json,
                           struct kps_hook_request *ret)
{
    *ret = (struct kps_hook_request){.has_flags = false};
    json_t *root KPS_CLEANUP(release_json) = json_loadb(json.p ? json.p : "", json.n, 0, NULL);
    if (!json_is_object(root)) {
        return false;
    }
    ret->root_command = text_of(arena, root, "RootCmd");
    ret->command_error = text_of(arena, root, "CommandError");
    json_t *flags = json_object_get(root, "Flags");
    ret->has_flags = json_is_object(flags);
    const char *name = NULL;
    json_t *value = NULL;
    json_object_foreach(flags, name, value)
    {
        ret->has_project_flag = ret->has_project_flag || is_project_flag(kps_sv_of(name));
    }
    return true;
}

static int add_piece(const char *bytes, size_t n, void *out)
{
    kps_buf_add(out, (struct kps_sv){bytes, n});
    return 0;
}

struct kps_sv kps_hook_request_answer(struct kps_arena *arena, struct kps_sv text)
{
    struct kps_buf *escaped = kps_buf_new(arena);
    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '{' && i + 1 < text.n && text.p[i + 1] == '{') {
            kps_buf_text(escaped, "{{\"{{\"}}");
            i++;
        } else {
            kps_buf_char(escaped, text.p[i]);
        }
    }
    struct kps_sv template = kps_buf_sv(escaped);
    struct kps_json json = {.scratch = arena};
    json_t *root KPS_CLEANUP(release_json) = json_object();
    kps_json_set_number(root, "Type", 0);
    kps_json_set_text(&json, root, "Template", template);
    struct kps_buf *answer = kps_buf_new(arena);
    (void)json_dump_callback(root, add_piece, answer, JSON_COMPACT | JSON_ENSURE_ASCII);
    return kps_buf_sv(answer);
}

bool kps_hook_request_is_open(const struct kps_hook_request *request)
{
    struct kps_sv error = request->command_error;
    static const struct kps_sv empty_words[] = {SV_LIT("Code: 125"), SV_LIT("failed to start"),
                                                SV_LIT("exited with code 1")};
    for (size_t i = 0; i < KPS_COUNT(empty_words); i++) {
        if (kps_sv_contains(error, empty_words[i])) {
            return true;
        }
    }
    return false;
}
