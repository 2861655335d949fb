#include "kube/kube.h"

#include "kube/scalar.h"

/*
 * Ports that a container shows without declaring them (spec kubernetes §3): what its probes and
 * hooks ask, what its arguments and environment say it listens on, what its image is known for.
 * Names of peers (REDIS_PORT, --redis-addr) look alike, so an address counts only when its host is
 * empty, a wildcard or missing, and a bare number only under a name that speaks of the container
 * itself.
 */
struct gather {
    struct kps_kube *kube;
    struct kps_kube_port *out;
    uint32_t n, room;
};

static void add(struct gather *g, uint16_t number, enum kps_kube_evidence evidence,
                struct kps_span at, struct kps_sv how)
{
    if (g->n < g->room && number) {
        g->out[g->n++] = (struct kps_kube_port){
            .name = how,
            .at = kps_kube_place_of(at),
            .at_host = kps_kube_place_of(at),
            .container = number,
            .protocol = KPS_TCP,
            .evidence = (uint8_t)evidence,
        };
    }
}

/* "8080", ":8080", "0.0.0.0:8080", "[::]:8080", "tcp://:8080"; a host of its own makes it a peer's.
 * 0 = none. */
static uint16_t listen_port(struct kps_sv text, bool bare_allowed)
{
    size_t scheme = kps_sv_search(text, SV("://"));
    if (scheme < text.n) {
        text = kps_sv_from(text, scheme + 3);
        bare_allowed = false;
    }
    size_t colon = kps_sv_rfind(text, ':');
    struct kps_sv host = kps_sv_slice(text, 0, colon < text.n ? colon : 0);
    struct kps_sv digits = colon < text.n ? kps_sv_from(text, colon + 1) : text;
    unsigned long long port = 0;
    if ((colon == text.n && !bare_allowed) || !kps_sv_u64(digits, 65535, &port)) {
        return 0;
    }
    bool any = host.n == 0 || kps_sv_eq(host, SV("0.0.0.0")) || kps_sv_eq(host, SV("[::]")) ||
               kps_sv_eq(host, SV("*")) || kps_sv_eq(host, SV("::"));
    return any ? (uint16_t)port : 0;
}

/* A number, or the number of the declared port with that name. */
static uint16_t probe_port(const struct kps_ynode *action)
{
    struct kps_kube_scalar value = kps_kube_scalar(kps_ymap_get(action, SV("port")));
    return value.type == KPS_T_INT && value.integer > 0 && value.integer <= 65535
               ? (uint16_t)value.integer
               : 0;
}

/* One probe or hook: httpGet, tcpSocket or grpc of the pod itself. */
static void from_action(struct gather *g, const struct kps_ynode *probe, const char *name)
{
    static const char *const kinds[] = {"httpGet", "tcpSocket", "grpc"};
    for (size_t i = 0; probe && i < KPS_COUNT(kinds); i++) {
        const struct kps_ynode *action = kps_ymap_get(probe, kps_sv_of(kinds[i]));
        const struct kps_ynode *port = kps_ymap_get(action, SV("port"));
        if (port && kps_kube_get_text(g->kube, action, "host").n == 0) {
            add(g, probe_port(action), KPS_KUBE_PROBE, port->span, kps_sv_of(name));
        }
    }
}

static void from_probes(struct gather *g, const struct kps_ynode *container)
{
    static const char *const probes[] = {"readinessProbe", "livenessProbe", "startupProbe"};
    static const char *const hooks[] = {"postStart", "preStop"};
    for (size_t i = 0; i < KPS_COUNT(probes); i++) {
        from_action(g, kps_ymap_get(container, kps_sv_of(probes[i])), probes[i]);
    }
    const struct kps_ynode *lifecycle = kps_ymap_get(container, SV("lifecycle"));
    for (size_t i = 0; lifecycle && i < KPS_COUNT(hooks); i++) {
        from_action(g, kps_ymap_get(lifecycle, kps_sv_of(hooks[i])), hooks[i]);
    }
}

static bool in_list(struct kps_sv text, const struct kps_sv *list, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (kps_sv_eq(list[i], text)) {
            return true;
        }
    }
    return false;
}

/* Options whose value is a port or address to listen on; a bare number counts for those that name a
 * port. */
static bool listens(struct kps_sv option, bool *ret_bare)
{
    static const struct kps_sv ports[] = {
        SV_LIT("port"),         SV_LIT("http-port"),   SV_LIT("https-port"),
        SV_LIT("grpc-port"),    SV_LIT("listen-port"), SV_LIT("metrics-port"),
        SV_LIT("secure-port"),  SV_LIT("server-port"), SV_LIT("healthz-port"),
        SV_LIT("server.port"),  SV_LIT("p"),           SV_LIT("admin-port"),
        SV_LIT("webhook-port"), SV_LIT("health-port"), SV_LIT("http.port")};
    static const struct kps_sv addresses[] = {SV_LIT("addr"),
                                              SV_LIT("address"),
                                              SV_LIT("listen"),
                                              SV_LIT("listen-address"),
                                              SV_LIT("listen-addr"),
                                              SV_LIT("bind"),
                                              SV_LIT("bind-address"),
                                              SV_LIT("bind-addr"),
                                              SV_LIT("metrics-addr"),
                                              SV_LIT("metrics-bind-address"),
                                              SV_LIT("health-probe-bind-address"),
                                              SV_LIT("web.listen-address"),
                                              SV_LIT("http-address"),
                                              SV_LIT("telemetry-address"),
                                              SV_LIT("http.addr"),
                                              SV_LIT("secure-listen-address"),
                                              SV_LIT("insecure-listen-address"),
                                              SV_LIT("http-addr")};
    *ret_bare = in_list(option, ports, KPS_COUNT(ports));
    return *ret_bare || in_list(option, addresses, KPS_COUNT(addresses));
}

/* A program that asks others: its -p is a peer's port. */
static bool is_client(struct kps_sv program)
{
    static const struct kps_sv clients[] = {
        SV_LIT("redis-cli"), SV_LIT("psql"),  SV_LIT("mysql"),      SV_LIT("pg_isready"),
        SV_LIT("ssh"),       SV_LIT("nc"),    SV_LIT("curl"),       SV_LIT("wget"),
        SV_LIT("mongosh"),   SV_LIT("mongo"), SV_LIT("mysqladmin"), SV_LIT("ncat")};
    size_t slash = kps_sv_rfind(program, '/');
    return in_list(slash < program.n ? kps_sv_from(program, slash + 1) : program, clients,
                   KPS_COUNT(clients));
}

/* One argument, with the next one for "--port 8080". */
static void from_argument(struct gather *g, const struct kps_ynode *node, struct kps_sv next)
{
    struct kps_sv text = kps_kube_scalar(node).text;
    struct kps_sv option = text;
    while (option.n && option.p[0] == '-') {
        option = kps_sv_from(option, 1);
    }
    if (option.n == text.n || option.n == 0) {
        return;
    }
    size_t equals = kps_sv_find(option, '=');
    struct kps_sv value = equals < option.n ? kps_sv_from(option, equals + 1) : next;
    bool bare = false;
    if (listens(kps_sv_slice(option, 0, equals), &bare) && listen_port(value, bare)) {
        struct kps_sv how = equals < option.n
                                ? kps_kube_keep(g->kube, text)
                                : kps_fmt(g->kube->arena, "%.*s %.*s", SV_ARG(text), SV_ARG(value));
        add(g, listen_port(value, bare), KPS_KUBE_ARGUMENT, kps_ynode_resolve(node)->span, how);
    }
}

static void from_arguments(struct gather *g, const struct kps_ynode *list)
{
    for (uint32_t i = 0; list && list->kind == KPS_Y_SEQ && i < list->n; i++) {
        struct kps_sv next =
            i + 1 < list->n ? kps_kube_scalar(list->edges[i + 1].val).text : SV("");
        from_argument(g, list->edges[i].val, next);
    }
}

static bool contains(struct kps_sv text, struct kps_sv part)
{
    return kps_sv_search(text, part) < text.n;
}

/* Of a name that is given twice the last value counts. */
static bool is_given_again(const struct kps_ynode *list, uint32_t at, struct kps_sv name)
{
    for (uint32_t i = at + 1; i < list->n; i++) {
        if (kps_sv_eq(
                kps_kube_scalar(kps_ymap_get(kps_ynode_resolve(list->edges[i].val), SV("name")))
                    .text,
                name)) {
            return true;
        }
    }
    return false;
}

static void from_environment(struct gather *g, const struct kps_ynode *list)
{
    static const struct kps_sv own[] = {
        SV_LIT("PORT"),        SV_LIT("HTTP_PORT"), SV_LIT("HTTPS_PORT"), SV_LIT("SERVER_PORT"),
        SV_LIT("LISTEN_PORT"), SV_LIT("APP_PORT"),  SV_LIT("GRPC_PORT"),  SV_LIT("METRICS_PORT")};
    for (uint32_t i = 0; list && list->kind == KPS_Y_SEQ && i < list->n; i++) {
        const struct kps_ynode *entry = kps_ynode_resolve(list->edges[i].val);
        struct kps_sv name = kps_kube_scalar(kps_ymap_get(entry, SV("name"))).text;
        const struct kps_ynode *node = kps_ymap_get(entry, SV("value"));
        struct kps_sv value = kps_kube_scalar(node).text;
        bool listen = contains(name, SV("LISTEN")) || contains(name, SV("BIND"));
        bool bare = listen || in_list(name, own, KPS_COUNT(own));
        if ((bare || kps_sv_ends(name, SV("_ADDR"))) && listen_port(value, bare) &&
            !is_given_again(list, i, name)) {
            struct kps_sv how = kps_fmt(g->kube->arena, "%.*s=%.*s", SV_ARG(name), SV_ARG(value));
            add(g, listen_port(value, bare), KPS_KUBE_ENVIRONMENT, node->span, how);
        }
    }
}

/* The last part of an image's name without tag and digest: "docker.io/library/nginx:1.27" is nginx.
 */
static struct kps_sv image_base(struct kps_sv image)
{
    image = kps_sv_slice(image, 0, kps_sv_find(image, '@'));
    size_t slash = kps_sv_rfind(image, '/');
    image = slash < image.n ? kps_sv_from(image, slash + 1) : image;
    return kps_sv_slice(image, 0, kps_sv_find(image, ':'));
}

static void from_image(struct gather *g, const struct kps_ynode *container)
{
    static const struct {
        struct kps_sv image;
        uint16_t port;
    } known[] = {
        {SV_LIT("nginx"), 80},      {SV_LIT("httpd"), 80},        {SV_LIT("caddy"), 80},
        {SV_LIT("redis"), 6379},    {SV_LIT("postgres"), 5432},   {SV_LIT("mysql"), 3306},
        {SV_LIT("mariadb"), 3306},  {SV_LIT("mongo"), 27017},     {SV_LIT("memcached"), 11211},
        {SV_LIT("rabbitmq"), 5672}, {SV_LIT("prometheus"), 9090}, {SV_LIT("node-exporter"), 9100},
        {SV_LIT("grafana"), 3000},  {SV_LIT("registry"), 5000},
    };
    const struct kps_ynode *node = kps_ymap_get(container, SV("image"));
    struct kps_sv image = kps_kube_scalar(node).text;
    struct kps_sv base = image_base(image);
    bool own_way = kps_ymap_get(container, SV("command")) || kps_ymap_get(container, SV("args"));
    for (size_t i = 0; node && !own_way && i < KPS_COUNT(known); i++) {
        if (kps_sv_eq(known[i].image, base)) {
            add(g, known[i].port, KPS_KUBE_IMAGE, node->span,
                kps_fmt(g->kube->arena, "image %.*s", SV_ARG(image)));
        }
    }
}

uint32_t kps_kube_read_evidence(struct kps_kube *kube, const struct kps_ynode *container,
                                struct kps_kube_port *out, uint32_t room)
{
    struct gather g = {kube, out, 0, room};
    const struct kps_ynode *command = kps_ymap_get(container, SV("command"));
    struct kps_sv program = {NULL, 0};
    if (command && command->kind == KPS_Y_SEQ && command->n) {
        program = kps_kube_scalar(command->edges[0].val).text;
    }
    from_probes(&g, container);
    if (!is_client(program)) {
        from_arguments(&g, command);
        from_arguments(&g, kps_ymap_get(container, SV("args")));
    }
    from_environment(&g, kps_ymap_get(container, SV("env")));
    from_image(&g, container);
    return g.n;
}
