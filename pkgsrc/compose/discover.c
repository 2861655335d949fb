#include "compose/discover.h"

#include <string.h>

#include "base/path.h"

/* In the order Compose tries them; note .yml before .yaml for the older name and for overrides
 * (spec compose §3.1). */
static const struct kps_sv FILE_NAMES[] = {SV_LIT("compose.yaml"), SV_LIT("compose.yml"),
                                           SV_LIT("docker-compose.yml"),
                                           SV_LIT("docker-compose.yaml")};
static const struct kps_sv OVERRIDE_NAMES[] = {
    SV_LIT("compose.override.yml"), SV_LIT("compose.override.yaml"),
    SV_LIT("docker-compose.override.yml"), SV_LIT("docker-compose.override.yaml")};
enum { N_NAMES = KPS_COUNT(FILE_NAMES) };

static bool file_exists(struct kps_loader *loader, struct kps_sv path)
{
    enum kps_fs_kind kind;
    return loader->fs->stat(loader->fs, path.p, &kind) == 0 && kind == KPS_FS_FILE;
}

/* Return the first existing name in `dir`; a note for each other existing name. */
static struct kps_sv find_first_name(struct kps_loader *loader, struct kps_sv dir,
                                     const struct kps_sv *names)
{
    struct kps_sv found = {"", 0};
    for (size_t i = 0; i < N_NAMES; i++) {
        struct kps_sv path = kps_path_join(loader->arena, dir, names[i]);
        if (!file_exists(loader, path)) {
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
        struct kps_sv file = find_first_name(loader, result.dir, FILE_NAMES);
        if (file.n) {
            result.files[result.n++] = file;
            struct kps_sv override = find_first_name(loader, result.dir, OVERRIDE_NAMES);
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
    struct kps_sv base = kps_path_base(file);
    for (size_t i = 0; i < N_NAMES; i++) {
        if (kps_sv_eq(FILE_NAMES[i], base)) {
            return find_first_name(loader, kps_path_dir(loader->arena, file), OVERRIDE_NAMES);
        }
    }
    return (struct kps_sv){"", 0};
}

bool kps_compose_discover_is_stack(struct kps_sv name)
{
    return kps_sv_has_any(name, "stack") && (kps_sv_ends_with_any(name, ".yml .yaml"));
}
