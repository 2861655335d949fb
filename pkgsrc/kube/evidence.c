#include "kube/kube.h"

#include "kube/scalar.h"
#include "kube/tree.h"

/* A word of a command line. */
struct word {
    struct kps_sv text;
    struct kps_span at;
};

/*
 * Ports that a container shows without declaring them (spec kubernetes §3): its arguments and
 * environment, its probes and hooks, the defaults of its image. Names of peers (REDIS_PORT,
 * --redis-addr) look alike, so an address counts only when its host is empty, a wildcard or
 * missing, and a bare number only under a name that speaks of the container itself.
 */
struct gather {
    struct kps_kube *kube;
    const struct kps_kube_container *c; /* with its declared ports */
    const struct kps_ynode *node;       /* the container */
    struct kps_kube_port *out;
    uint32_t n, room;
    bool host_network;
    KPS_VEC(struct word) words; /* of the command line, those of a shell's "-c" among them */
};

enum { MOST_WORDS = 256 };

static struct kps_kube_port *add_port(struct gather *g, uint16_t number, uint8_t protocol,
                                      enum kps_kube_evidence evidence, struct kps_span at,
                                      struct kps_sv how)
{
    if (g->n == g->room || number == 0) {
        return NULL;
    }
    struct kps_kube_port *port = &g->out[g->n++];
    *port = (struct kps_kube_port){
        .name = how,
        .at = kps_kube_place_of(at),
        .at_host = kps_kube_place_of(at),
        .container = number,
        .protocol = protocol,
        .evidence = (uint8_t)evidence,
        .shown = (uint8_t)(1U << evidence),
    };
    return port;
}

static void set_address(struct gather *g, struct kps_kube_port *port, struct kps_sv address)
{
    if (port && address.n) {
        struct kps_kube_port_extra *extra = KPS_NEW(g->kube->arena, struct kps_kube_port_extra);
        extra->host_ip = kps_kube_keep(g->kube, address);
        port->extra = extra;
    }
}

/* A place to listen at: "8080", ":8080", "0.0.0.0:8080", "[::]:8080", "tcp://:8080". */
struct place {
    uint16_t port;          /* 0: none, or the text names a peer */
    struct kps_sv loopback; /* "127.0.0.1" or "::1", else empty: every address */
};

static struct kps_sv loopback_of(struct kps_sv host)
{
    if (kps_sv_is_one_of(host, "[::1] ::1")) {
        return SV("::1");
    }
    bool is_loopback = kps_sv_is_one_of(host, "127.0.0.1 localhost");
    return is_loopback ? SV("127.0.0.1") : (struct kps_sv){NULL, 0};
}

static struct place parse_place(struct kps_sv text, bool is_bare_allowed)
{
    size_t scheme = kps_sv_search(text, SV("://"));
    if (scheme < text.n) {
        text = kps_sv_from(text, scheme + 3);
        is_bare_allowed = false;
    }
    size_t colon = kps_sv_rfind(text, ':');
    struct kps_sv host = kps_sv_head(text, colon < text.n ? colon : 0);
    struct kps_sv digits = colon < text.n ? kps_sv_from(text, colon + 1) : text;
    int64_t port = kps_sv_number(digits, 65535);
    if ((colon == text.n && !is_bare_allowed) || port < 0) {
        return (struct place){0, {NULL, 0}};
    }
    struct kps_sv loopback = loopback_of(host);
    bool is_any = host.n == 0 || kps_sv_is_one_of(host, "0.0.0.0 [::] * ::");
    return (struct place){is_any || loopback.n ? (uint16_t)port : 0, loopback};
}

/* The number of a probe's port, or that of the container's own port with the name; 0: none. */
static uint16_t find_probe_port(const struct gather *g, const struct kps_ynode *action)
{
    const struct kps_ynode *node = kps_ynode_field(action, "port");
    struct kps_sv name = kps_ynode_text(node);
    bool is_text = kps_kube_scalar(node).type == KPS_T_STR;
    for (uint32_t i = 0; is_text && i < g->c->n_ports; i++) {
        if (kps_sv_eq(g->c->ports[i].name, name) && name.n) {
            return g->c->ports[i].container;
        }
    }
    int64_t number = is_text ? kps_sv_number(name, 65535) : kps_kube_number(node, 65535);
    return number > 0 ? (uint16_t)number : 0;
}

/*
 * Read the address that a probe asks. Return: false if that is no address of the pod. Under
 * hostNetwork the kubelet's loopback and link-local addresses are the pod's own.
 */
static bool read_probe_host(const struct gather *g, const struct kps_ynode *action,
                            struct kps_sv *ret)
{
    struct kps_sv host = kps_kube_get_text(g->kube, action, "host");
    struct kps_sv loopback = loopback_of(host);
    bool is_own = loopback.n || kps_sv_starts_with_any(host, "127. 169.254. fe80:");
    *ret = loopback.n ? loopback : host;
    return host.n == 0 || (g->host_network && is_own);
}

/* One probe or hook: httpGet, tcpSocket or grpc of the pod itself. */
static void read_action(struct gather *g, const struct kps_ynode *probe, const char *name)
{
    static const char *const kinds[] = {"httpGet", "tcpSocket", "grpc"};
    for (size_t i = 0; probe && i < KPS_COUNT(kinds); i++) {
        const struct kps_ynode *action = kps_ynode_field(probe, kinds[i]);
        const struct kps_ynode *port = kps_ynode_field(action, "port");
        struct kps_sv host = {NULL, 0};
        if (port && read_probe_host(g, action, &host)) {
            set_address(g,
                        add_port(g, find_probe_port(g, action), KPS_TCP, KPS_KUBE_PROBE, port->span,
                                 kps_sv_of(name)),
                        host);
        }
    }
}

static void read_probes(struct gather *g)
{
    static const char *const probes[] = {"readinessProbe", "livenessProbe", "startupProbe"};
    static const char *const hooks[] = {"postStart", "preStop"};
    const struct kps_ynode *lifecycle = kps_ynode_field(g->node, "lifecycle");
    for (size_t i = 0; i < KPS_COUNT(probes); i++) {
        read_action(g, kps_ynode_field(g->node, probes[i]), probes[i]);
    }
    for (size_t i = 0; lifecycle && i < KPS_COUNT(hooks); i++) {
        read_action(g, kps_ynode_field(lifecycle, hooks[i]), hooks[i]);
    }
}

/* Return true for an option whose value is a port or address to listen on; *ret_bare: a bare number
 * is a port. */
static bool is_listen_option(struct kps_sv option, bool *ret_bare)
{
    static const char ports[] = "port http-port https-port grpc-port listen-port metrics-port "
                                "secure-port server-port healthz-port server.port p admin-port "
                                "webhook-port health-port http.port";
    static const char addresses[] =
        "addr address listen listen-address listen-addr bind bind-address "
        "bind-addr metrics-addr metrics-address metrics-bind-address "
        "health-probe-bind-address healthz-bind-address web.listen-address "
        "http-address http-endpoint telemetry-address http.addr "
        "secure-listen-address insecure-listen-address http-addr";
    *ret_bare = kps_sv_is_one_of(option, ports);
    return *ret_bare || kps_sv_is_one_of(option, addresses);
}

/* A client program: its -p is the port of a peer. */
static bool is_client(struct kps_sv program)
{
    static const char clients[] = "redis-cli psql mysql pg_isready ssh nc curl wget mongosh mongo "
                                  "mysqladmin ncat netcat socat telnet pg_dump";
    size_t slash = kps_sv_rfind(program, '/');
    return kps_sv_is_one_of(slash < program.n ? kps_sv_from(program, slash + 1) : program, clients);
}

/* "--port" and "-port" without the dashes; empty for what is no option. */
static struct kps_sv strip_dashes(struct kps_sv text)
{
    struct kps_sv option = text;
    while (option.n && option.p[0] == '-') {
        option = kps_sv_from(option, 1);
    }
    return option.n == text.n ? (struct kps_sv){NULL, 0} : option;
}

/* Read an argument, with the next argument for "--port 8080". */
static void read_argument(struct gather *g, const struct kps_ynode *node, struct kps_sv next)
{
    struct kps_sv text = kps_ynode_text(node);
    struct kps_sv option = strip_dashes(text);
    if (option.n == 0) {
        return;
    }
    size_t equals = kps_sv_find(option, '=');
    struct kps_sv name = kps_sv_head(option, equals);
    struct kps_sv value = equals < option.n ? kps_sv_from(option, equals + 1) : next;
    bool is_bare = false;
    if (!is_listen_option(name, &is_bare)) {
        return;
    }
    struct place place = parse_place(value, is_bare);
    /* An address counts as a listener only where the name of the option says so. */
    if (place.port == 0 || (place.loopback.n && !kps_sv_has_any(name, "listen bind"))) {
        return;
    }
    struct kps_sv how = equals < option.n
                            ? kps_kube_keep(g->kube, text)
                            : kps_fmt(g->kube->arena, "%.*s %.*s", SV_ARG(text), SV_ARG(value));
    set_address(
        g, add_port(g, place.port, KPS_TCP, KPS_KUBE_ARGUMENT, kps_ynode_resolve(node)->span, how),
        place.loopback);
}

static void read_arguments(struct gather *g, const struct kps_ynode *list)
{
    for (uint32_t i = 0; i < kps_ynode_count(list, KPS_Y_SEQ); i++) {
        struct kps_sv next = i + 1 < list->n ? kps_ynode_text(list->edges[i + 1].val) : SV("");
        read_argument(g, list->edges[i].val, next);
    }
}

static void add_word(struct gather *g, struct kps_sv text, struct kps_span at)
{
    if (g->words.n < MOST_WORDS && text.n) {
        *kps_vec_push(&g->words) = (struct word){text, at};
    }
}

/* Add the words of a line of a shell; what separates commands is a word. */
static void split_line(struct gather *g, struct kps_sv line, struct kps_span at)
{
    size_t from = 0;
    for (size_t i = 0; i <= line.n; i++) {
        char c = i < line.n ? line.p[i] : '\n';
        bool ends = c == ';' || c == '&' || c == '|' || c == '\n' || c == '(' || c == ')';
        if (ends || kps_is_blank(c) || c == '"' || c == '\'' || c == '\r') {
            add_word(g, kps_sv_slice(line, from, i), at);
            from = i + 1;
        }
        if (ends) {
            add_word(g, SV(";"), at);
        }
    }
}

static void add_list(struct gather *g, const struct kps_ynode *list)
{
    const struct kps_ynode *node = NULL;
    for (uint32_t i = 0; (node = kps_tree_item(list, i)) != NULL; i++) {
        struct kps_sv text = kps_ynode_text(node);
        struct kps_sv before = g->words.n ? g->words.v[g->words.n - 1].text : SV("");
        bool is_line = before.n > 1 && before.p[0] == '-' && before.p[before.n - 1] == 'c';
        if (is_line && kps_sv_find(text, ' ') < text.n) {
            split_line(g, text, node->span);
        } else {
            add_word(g, text, node->span);
        }
    }
}

/* A letter of nc's options that is followed by a value. */
static bool takes_value(char letter)
{
    return kps_sv_find(SV("wqisxXecmgGoTIOP"), letter) < 16;
}

/* nc, ncat and netcat listen with -l, on the port behind -p or on their last operand. */
static void read_netcat(struct gather *g, uint32_t from)
{
    bool listens = false;
    uint8_t protocol = KPS_TCP;
    int64_t port = 0;
    for (uint32_t i = from; i < g->words.n && !kps_sv_is(g->words.v[i].text, ";"); i++) {
        struct kps_sv word = g->words.v[i].text;
        if (word.p[0] != '-') {
            int64_t number = kps_sv_number(word, 65535);
            port = number >= 0 ? number : port;
            continue;
        }
        bool is_long = kps_sv_has_head(word, "--");
        listens = listens || kps_sv_is(word, "--listen");
        protocol = kps_sv_is(word, "--udp") ? KPS_UDP : protocol;
        for (size_t k = 1; !is_long && k < word.n; k++) {
            listens |= word.p[k] == 'l';
            protocol = word.p[k] == 'u' ? KPS_UDP : protocol;
            if (word.p[k] == 'p' && k + 1 < word.n) {
                int64_t number = kps_sv_number(kps_sv_from(word, k + 1), 65535);
                port = number >= 0 ? number : port;
                break;
            }
            if (takes_value(word.p[k])) {
                i += k + 1 == word.n ? 1 : 0;
                break;
            }
        }
    }
    if (listens) {
        (void)add_port(g, (uint16_t)port, protocol, KPS_KUBE_ARGUMENT, g->words.v[from].at,
                       kps_fmt(g->kube->arena, "%.*s -l", SV_ARG(g->words.v[from - 1].text)));
    }
}

/* "TCP-LISTEN:8080,fork" and the like. */
static void read_socat(struct gather *g, uint32_t from)
{
    for (uint32_t i = from; i < g->words.n && !kps_sv_is(g->words.v[i].text, ";"); i++) {
        struct kps_sv word = g->words.v[i].text;
        size_t colon = kps_sv_find(word, ':');
        struct kps_sv name = kps_sv_head(word, colon);
        struct kps_sv rest = colon < word.n ? kps_sv_from(word, colon + 1) : SV("");
        int64_t port = kps_sv_number(kps_sv_before(rest, ','), 65535);
        if (port < 0) {
            continue;
        }
        bool is_udp =
            kps_sv_is_one_of_nocase(name, "udp-listen udp4-listen udp6-listen udp-recvfrom");
        if (is_udp || kps_sv_is_one_of_nocase(
                          name, "tcp-listen tcp4-listen tcp6-listen tcp-l openssl-listen")) {
            (void)add_port(g, (uint16_t)port, is_udp ? KPS_UDP : KPS_TCP, KPS_KUBE_ARGUMENT,
                           g->words.v[i].at, kps_kube_keep(g->kube, word));
        }
    }
}

/* Find programs that are known to listen by their own kind of arguments. */
static void read_programs(struct gather *g)
{
    add_list(g, kps_ynode_field(g->node, "command"));
    add_list(g, kps_ynode_field(g->node, "args"));
    for (uint32_t i = 0; i < g->words.n; i++) {
        struct kps_sv word = g->words.v[i].text;
        size_t slash = kps_sv_rfind(word, '/');
        word = slash < word.n ? kps_sv_from(word, slash + 1) : word;
        if (i + 1 < g->words.n && (kps_sv_is_one_of(word, "nc ncat netcat"))) {
            read_netcat(g, i + 1);
        } else if (kps_sv_is(word, "socat")) {
            read_socat(g, i + 1);
        } else if (kps_sv_is(word, "http.server")) {
            int64_t port = i + 1 < g->words.n ? kps_sv_number(g->words.v[i + 1].text, 65535) : -1;
            (void)add_port(g, port >= 0 ? (uint16_t)port : 8000, KPS_TCP, KPS_KUBE_ARGUMENT,
                           g->words.v[i].at, SV("http.server"));
        }
    }
    kps_vec_free(&g->words);
}

/* Of a name that is given twice the last value counts. */
static bool is_given_again(const struct kps_ynode *list, uint32_t at, struct kps_sv name)
{
    for (uint32_t i = at + 1; i < list->n; i++) {
        if (kps_sv_eq(kps_ynode_text(kps_ynode_field(kps_ynode_item(list, i), "name")), name)) {
            return true;
        }
    }
    return false;
}

/* Return true if a word of the name, between underscores, is in the list. */
static bool has_word(struct kps_sv name, const char *list)
{
    struct kps_sv word;
    while (kps_sv_next(&name, '_', &word)) {
        if (kps_sv_is_one_of(word, list)) {
            return true;
        }
    }
    return false;
}

static void read_environment(struct gather *g, const struct kps_ynode *list)
{
    static const char own[] =
        "PORT HTTP_PORT HTTPS_PORT SERVER_PORT LISTEN_PORT APP_PORT GRPC_PORT "
        "METRICS_PORT";
    static const char to_listen[] = "LISTEN BIND";
    /* The place of a service, also set for its clients. */
    static const char to_ask[] = "SERVICE UPSTREAM TARGET BACKEND REMOTE PEER CLIENT";
    const struct kps_ynode *entry = NULL;
    for (uint32_t i = 0; (entry = kps_tree_item(list, i)) != NULL; i++) {
        struct kps_sv name = kps_ynode_text(kps_ynode_field(entry, "name"));
        const struct kps_ynode *node = kps_ynode_field(entry, "value");
        struct kps_sv value = kps_ynode_text(node);
        bool is_listen = has_word(name, to_listen);
        bool is_bare = is_listen || kps_sv_is_one_of(name, own);
        struct place place = parse_place(value, is_bare);
        if ((is_bare || kps_sv_has_tail(name, "_ADDR")) && place.port &&
            (is_listen || place.loopback.n == 0) && !has_word(name, to_ask) &&
            !is_given_again(list, i, name)) {
            struct kps_sv how = kps_fmt(g->kube->arena, "%.*s=%.*s", SV_ARG(name), SV_ARG(value));
            struct kps_kube_port *port =
                add_port(g, place.port, KPS_TCP, KPS_KUBE_ENVIRONMENT, node->span, how);
            set_address(g, port, place.loopback);
            if (port && (is_listen || kps_sv_is(name, "PORT"))) {
                port->shown |= KPS_KUBE_SHOWN_OWN;
            }
        }
    }
}

/* The last part of an image's name without tag and digest: "docker.io/library/nginx:1.27" is nginx.
 */
static struct kps_sv image_base(struct kps_sv image)
{
    image = kps_sv_before(image, '@');
    size_t slash = kps_sv_rfind(image, '/');
    image = slash < image.n ? kps_sv_from(image, slash + 1) : image;
    return kps_sv_before(image, ':');
}

/* Return true if an argument of the container is one of the options, with or without a value. */
static bool has_option(const struct gather *g, const char *names)
{
    static const char *const lists[] = {"command", "args"};
    for (size_t l = 0; l < KPS_COUNT(lists); l++) {
        const struct kps_ynode *list = kps_ynode_field(g->node, lists[l]);
        const struct kps_ynode *argument = NULL;
        for (uint32_t i = 0; (argument = kps_tree_item(list, i)) != NULL; i++) {
            struct kps_sv option = strip_dashes(kps_ynode_text(argument));
            struct kps_sv value = kps_sv_after(option, '=');
            if (kps_sv_is_one_of(kps_sv_before(option, '='), names) && !kps_sv_is(value, "false")) {
                return true;
            }
        }
    }
    return false;
}

/* The default port of an image, which an option moves or switches on. */
struct image_default {
    const char *image;
    uint16_t port;
    const char *moved_by;   /* options; NULL: none is known, and any argument may move it */
    const char *enabled_by; /* options; NULL: it is always on */
};

static bool is_default_kept(const struct gather *g, const struct image_default *row)
{
    if (!row->moved_by) {
        return !kps_ynode_field(g->node, "command") && !kps_ynode_field(g->node, "args");
    }
    bool is_on = !row->enabled_by || has_option(g, row->enabled_by);
    return is_on && !has_option(g, row->moved_by);
}

static void read_image(struct gather *g)
{
    static const struct image_default known[] = {
        {"nginx", 80, NULL, NULL},
        {"httpd", 80, NULL, NULL},
        {"caddy", 80, NULL, NULL},
        {"redis", 6379, NULL, NULL},
        {"postgres", 5432, NULL, NULL},
        {"mysql", 3306, NULL, NULL},
        {"mariadb", 3306, NULL, NULL},
        {"mongo", 27017, NULL, NULL},
        {"memcached", 11211, NULL, NULL},
        {"rabbitmq", 5672, NULL, NULL},
        {"grafana", 3000, NULL, NULL},
        {"registry", 5000, NULL, NULL},
        {"prometheus", 9090, "web.listen-address", NULL},
        {"alertmanager", 9093, "web.listen-address", NULL},
        {"pushgateway", 9091, "web.listen-address", NULL},
        {"node-exporter", 9100, "web.listen-address", NULL},
        {"blackbox-exporter", 9115, "web.listen-address", NULL},
        {"mysqld-exporter", 9104, "web.listen-address", NULL},
        {"postgres-exporter", 9187, "web.listen-address", NULL},
        {"memcached-exporter", 9150, "web.listen-address", NULL},
        {"statsd-exporter", 9102, "web.listen-address", NULL},
        {"redis_exporter", 9121, "web.listen-address", NULL},
        {"nginx-prometheus-exporter", 9113, "web.listen-address", NULL},
        {"livenessprobe", 9808, "health-port http-endpoint", NULL},
        {"cloud-sql-proxy", 9090, "http-port", "health-check prometheus"},
        {"cloud-sql-proxy", 9091, "admin-port", "debug quitquitquit"},
        {"alloydb-auth-proxy", 9090, "http-port", "health-check prometheus"},
        {"alloydb-auth-proxy", 9091, "admin-port", "debug quitquitquit"},
        {"gce-proxy", 8090, "health_check_port", "use_http_health_check"},
    };
    const struct kps_ynode *node = kps_ynode_field(g->node, "image");
    struct kps_sv image = kps_ynode_text(node);
    struct kps_sv base = image_base(image);
    for (size_t i = 0; node && i < KPS_COUNT(known); i++) {
        if (kps_sv_is(base, known[i].image) && is_default_kept(g, &known[i])) {
            struct kps_kube_port *port =
                add_port(g, known[i].port, KPS_TCP, KPS_KUBE_IMAGE, node->span,
                         kps_fmt(g->kube->arena, "image %.*s", SV_ARG(image)));
            if (port && known[i].moved_by) {
                port->shown |= KPS_KUBE_SHOWN_SURE;
            }
        }
    }
}

/* The first word of the command line, as far as the manifest has it. */
static struct kps_sv program_of(const struct gather *g)
{
    const struct kps_ynode *list = kps_ynode_field(g->node, "command");
    list = list ? list : kps_ynode_field(g->node, "args");
    bool any = kps_ynode_count(list, KPS_Y_SEQ) > 0;
    return any ? kps_ynode_text(list->edges[0].val) : (struct kps_sv){NULL, 0};
}

bool kps_kube_is_probe_helper(const struct kps_ynode *container)
{
    struct kps_sv image = kps_ynode_text(kps_ynode_field(container, "image"));
    struct kps_sv base = image_base(image);
    const struct gather g = {.node = container};
    return kps_sv_has_any(base, "livenessprobe liveness-probe") ||
           (has_option(&g, "csi-address") && has_option(&g, "health-port"));
}

/* Return true for a container that only sleeps: its probe asks a listener of another pod. */
static bool is_pause(const struct kps_ynode *container)
{
    struct kps_sv image = kps_ynode_text(kps_ynode_field(container, "image"));
    return kps_sv_is(image_base(image), "pause") && !kps_ynode_field(container, "command");
}

uint32_t kps_kube_read_evidence(struct kps_kube *kube, const struct kps_kube_container *c,
                                const struct kps_ynode *container, bool host_network,
                                struct kps_kube_port *out, uint32_t room)
{
    struct gather g = {.kube = kube,
                       .c = c,
                       .node = container,
                       .out = out,
                       .room = room,
                       .host_network = host_network};
    if (!is_client(program_of(&g))) {
        read_arguments(&g, kps_ynode_field(container, "command"));
        read_arguments(&g, kps_ynode_field(container, "args"));
    }
    read_programs(&g);
    read_environment(&g, kps_ynode_field(container, "env"));
    if (!is_pause(container)) {
        read_probes(&g);
    }
    read_image(&g);
    return g.n;
}
