#include "compose/discover.h"

#include <string.h>

#include "base/path.h"
#include "compose/schema.h"

/* In the order Compose tries them; note .yml before .yaml for the older name and for overrides
 * (spec compose §3.1). */
const char kps_compose_discover_names[] =
    "compose.yaml compose.yml docker-compose.yml docker-compose.yaml";
const char kps_compose_discover_overrides[] =
    "compose.override.yml compose.override.yaml docker-compose.override.yml "
    "docker-compose.override.yaml";

/*
 * Return the first existing name in `dir`; a note for each other existing name. Compose takes a
 * folder of this name too, and fails to read it.
 */
static struct kps_sv find_first_name(struct kps_loader *loader, struct kps_sv dir,
                                     const char *names)
{
    struct kps_sv found = {"", 0};
    struct kps_sv name;
    for (struct kps_sv rest = kps_sv_of(names); kps_sv_next(&rest, ' ', &name);) {
        struct kps_sv path = kps_path_join(loader->arena, dir, name);
        if (loader->fs->kind(loader->fs, path.p) == KPS_FS_NONE) {
            continue;
        }
        if (found.n == 0) {
            found = path;
        } else {
            struct kps_sv taken = kps_compose_loader_show_path(loader, found);
            struct kps_sv passed = kps_compose_loader_show_path(loader, path);
            (void)kps_diag_add(loader->diag, KPS_RULE_INPUT_IGNORED, KPS_NOTE, 0,
                               "'%.*s' is passed over: Compose takes '%.*s'", SV_ARG(passed),
                               SV_ARG(taken));
        }
    }
    return found;
}

struct kps_discovered kps_compose_discover(struct kps_loader *loader, struct kps_sv dir,
                                           bool no_parents)
{
    struct kps_discovered result = {.dir = dir};
    for (;;) {
        struct kps_sv file = find_first_name(loader, result.dir, kps_compose_discover_names);
        if (file.n) {
            result.files[result.n++] = file;
            struct kps_sv override =
                find_first_name(loader, result.dir, kps_compose_discover_overrides);
            if (override.n) {
                result.files[result.n++] = override;
            }
            return result;
        }
        struct kps_sv parent = kps_path_dir(loader->arena, result.dir);
        if (no_parents || kps_sv_eq(parent, result.dir)) {
            return result;
        }
        result.dir = parent;
    }
}

struct kps_sv kps_compose_discover_override(struct kps_loader *loader, struct kps_sv file)
{
    return kps_sv_is_one_of(kps_path_base(file), kps_compose_discover_names)
               ? find_first_name(loader, kps_path_dir(loader->arena, file),
                                 kps_compose_discover_overrides)
               : (struct kps_sv){"", 0};
}

bool kps_compose_discover_is_stack(struct kps_sv name)
{
    static const struct kps_sv word = SV_LIT("stack");
    if (!kps_sv_ends_with_any(name, ".yml .yaml")) {
        return false;
    }
    for (struct kps_sv rest = name; rest.n; rest = kps_sv_from(rest, 1)) {
        bool begins = rest.n == name.n || !kps_is_alpha(rest.p[-1]);
        bool ends = rest.n <= word.n || !kps_is_alpha(rest.p[word.n]);
        if (begins && ends && kps_sv_starts(rest, word)) {
            return true;
        }
    }
    return false;
}

bool kps_compose_discover_is_project(struct kps_sv text)
{
    bool is_in_services = false;
    bool has_service = false;
    size_t names_at = 0; /* the column of the services' names; 0: none so far */
    size_t keys_at = 0;  /* the same of a service's keys */
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        struct kps_sv content = kps_sv_trim(line);
        struct kps_sv key = kps_sv_before(content, ':');
        size_t column = (size_t)(content.p - line.p);
        if (!content.n || content.p[0] == '#' || kps_sv_has_head(line, "---")) {
            continue;
        }
        bool is_known = true;
        if (column == 0) {
            is_known = kps_compose_schema_is_root_key(key);
            is_in_services = kps_sv_is(key, "services");
        } else if (is_in_services) {
            names_at = names_at ? names_at : column;
            if (column <= names_at) {
                keys_at = 0;
            } else if (keys_at == 0) {
                keys_at = column;
            }
            bool is_key = column == keys_at && content.p[0] != '-';
            is_known = !is_key || kps_compose_schema_is_service_key(key);
            has_service = has_service || (is_key && kps_sv_is_one_of(key, "image build"));
        }
        if (!is_known) {
            return false;
        }
    }
    return has_service;
}
