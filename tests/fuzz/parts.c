#include "fuzz/parts.h"

#include "base/compiler.h"

enum { MOST_PATH = 64, MOST_INSPECTIONS = 16 };

struct kps_sv parts_next(struct kps_sv *rest)
{
    size_t end = kps_sv_find(*rest, '\f');
    struct kps_sv part = kps_sv_slice(*rest, 0, end);
    *rest = kps_sv_from(*rest, end + 1);
    return part;
}

struct kps_fs parts_files(struct kps_arena *arena, struct kps_sv input, const char *folder,
                          struct kps_sv first, struct parts_world *ret)
{
    static const struct kps_sv mark = SV_LIT("=== ");
    struct kps_sv name = first;
    size_t n = 0;
    bool has_head = !kps_sv_starts(input, mark);
    while ((input.n || n == 0) && n < PARTS_MOST_FILES) {
        if (!has_head) {
            size_t line = kps_sv_find(input, '\n');
            name =
                kps_sv_slice(input, mark.n, line < mark.n + MOST_PATH ? line : mark.n + MOST_PATH);
            input = kps_sv_from(input, line + 1);
        }
        size_t end = kps_sv_starts(input, mark) ? 0 : kps_sv_search(input, SV("\n=== ")) + 1;
        ret->files[n++] = (struct kps_fs_mem_file){kps_fmt(arena, "%s/%.*s", folder, SV_ARG(name)),
                                                   kps_sv_copy(arena, kps_sv_slice(input, 0, end))};
        input = kps_sv_from(input, end);
        has_head = false;
    }
    ret->world = (struct kps_fs_mem){ret->files, n};
    return kps_fs_memory(&ret->world);
}

/* A fault is told in words that are none of ours to bound but by the parser's own. */
static void check_words(bool good, struct kps_sv why)
{
    KPS_ASSERT(good || (why.n > 0 && why.n < 1024));
}

static void check_container(const struct kps_engine_container *container)
{
    KPS_ASSERT(container->id.n == 64);
    KPS_ASSERT(container->name.n > 0);
    for (uint32_t i = 0; i < container->ports.n; i++) {
        const struct kps_engine_port *port = &container->ports.v[i];
        KPS_ASSERT(port->published && port->target && port->width);
        KPS_ASSERT(port->published + port->width - 1 <= UINT16_MAX &&
                   port->target + port->width - 1 <= UINT16_MAX);
        KPS_ASSERT(port->protocol != KPS_PROTO_NONE);
    }
    for (uint32_t i = 0; i < container->bindings.n; i++) {
        const struct kps_engine_binding *binding = &container->bindings.v[i];
        KPS_ASSERT(binding->target && binding->first <= binding->last &&
                   (binding->first || !binding->last));
    }
}

void parts_engine(struct kps_arena *arena, struct kps_sv *rest, struct kps_engine_answer *ret)
{
    struct kps_sv why = {0};
    check_words(kps_engine_read_containers(arena, parts_next(rest), &ret->containers, &why), why);
    struct kps_sv inspection = parts_next(rest);
    for (uint32_t i = 0; i < ret->containers.list.n; i++) {
        struct kps_engine_container *container = &ret->containers.list.v[i];
        if (i < MOST_INSPECTIONS) {
            check_words(kps_engine_read_inspection(arena, inspection, container, &why), why);
        }
        check_container(container);
    }
    check_words(kps_engine_read_networks(arena, parts_next(rest), &ret->networks, &why), why);
    check_words(kps_engine_read_services(arena, parts_next(rest), &ret->services, &why), why);
    struct kps_engine_container *image = kps_vec_push(&ret->images.list);
    *image = (struct kps_engine_container){0};
    check_words(kps_engine_read_image(arena, parts_next(rest), image, &why), why);
}
