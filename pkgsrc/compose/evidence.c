#include "compose/claims.h"

/* Images whose default configuration listens on one well-known port, by the last part of the name.
 */
static const struct known_image {
    struct kps_sv name;
    uint16_t port;
} KNOWN_IMAGES[] = {
    {SV_LIT("nginx"), 80},      {SV_LIT("httpd"), 80},        {SV_LIT("caddy"), 80},
    {SV_LIT("traefik"), 80},    {SV_LIT("redis"), 6379},      {SV_LIT("valkey"), 6379},
    {SV_LIT("postgres"), 5432}, {SV_LIT("mysql"), 3306},      {SV_LIT("mariadb"), 3306},
    {SV_LIT("mongo"), 27017},   {SV_LIT("memcached"), 11211}, {SV_LIT("rabbitmq"), 5672},
    {SV_LIT("grafana"), 3000},  {SV_LIT("prometheus"), 9090}, {SV_LIT("adminer"), 8080},
};

/* "docker.io/library/nginx:1.27@sha256:…" -> "nginx" */
static struct kps_sv image_name(struct kps_sv image)
{
    image = kps_sv_slice(image, 0, kps_sv_find(image, '@'));
    size_t slash = kps_sv_rfind(image, '/');
    struct kps_sv last = slash == image.n ? image : kps_sv_from(image, slash + 1);
    return kps_sv_slice(last, 0, kps_sv_find(last, ':'));
}

static bool has_key(const struct kps_service *service, struct kps_sv key)
{
    const struct kps_ynode *value = kps_service_given(service, key);
    return value && kps_ynode_type(value) != KPS_T_NULL;
}

bool kps_compose_is_commanded(const struct kps_service *service)
{
    return has_key(service, SV("command")) || has_key(service, SV("entrypoint"));
}

void kps_compose_evidence(struct kps_loader *loader, const struct kps_service *service,
                          void (*add)(void *context, const struct kps_evidence *evidence),
                          void *context)
{
    const struct kps_ynode *expose = kps_service_given(service, SV("expose"));
    for (uint32_t i = 0; expose && expose->kind == KPS_Y_SEQ && i < expose->n; i++) {
        const struct kps_ynode *entry = kps_ynode_resolve(expose->edges[i].val);
        struct kps_evidence found = {.certainty = KPS_LIKELY, .span = entry->span};
        if (kps_port_expose(kps_ynode_text(entry), &found.first, &found.last, &found.protocol)) {
            found.what = kps_fmt(loader->arena, "exposes %.*s", SV_ARG(kps_ynode_text(entry)));
            add(context, &found);
        }
    }
    if (expose || kps_compose_is_commanded(service)) {
        return;
    }
    struct kps_sv name = image_name(service->image);
    for (size_t i = 0; i < KPS_COUNT(KNOWN_IMAGES); i++) {
        if (kps_sv_eq(KNOWN_IMAGES[i].name, name)) {
            const struct kps_ynode *image = kps_service_given(service, SV("image"));
            struct kps_evidence found = {.first = KNOWN_IMAGES[i].port,
                                         .last = KNOWN_IMAGES[i].port,
                                         .protocol = KPS_TCP,
                                         .certainty = KPS_POSSIBLE,
                                         .span = image->span,
                                         .what = kps_fmt(loader->arena,
                                                         "runs %.*s, which listens on %u",
                                                         SV_ARG(name), KNOWN_IMAGES[i].port)};
            add(context, &found);
        }
    }
}
