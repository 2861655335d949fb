#include "docker/endpoint_url.h"

#include "model/addr.h"

/* Sockets of engines that run in a virtual machine; what they publish is bound there or by a helper
 * of the desktop. */
static const struct kps_sv vm_marks[] = {
    SV_LIT("/.docker/desktop/"), SV_LIT("/.colima/"), SV_LIT("/colima/"),
    SV_LIT("/.lima/"),           SV_LIT("/.rd/"),     SV_LIT("/.orbstack/"),
    SV_LIT("/podman/machine/"),
};

static bool contains(struct kps_sv text, struct kps_sv part)
{
    return kps_sv_search(text, part) < text.n;
}

static bool fail(struct kps_sv *ret_fault, struct kps_sv fault, struct kps_sv *ret_advice,
                 struct kps_sv advice)
{
    *ret_fault = fault;
    *ret_advice = advice;
    return false;
}

static bool parse_unix(struct kps_arena *arena, struct kps_sv path, struct kps_endpoint *ret)
{
    ret->transport = KPS_VIA_UNIX;
    ret->socket = path.n ? kps_sv_copy(arena, path) : SV("/var/run/docker.sock");
    ret->url = kps_fmt(arena, "unix://%.*s", SV_ARG(ret->socket));
    for (size_t i = 0; i < KPS_COUNT(vm_marks); i++) {
        ret->elsewhere = ret->elsewhere || contains(ret->socket, vm_marks[i]);
    }
    ret->rootless =
        kps_sv_starts(ret->socket, SV("/run/user/")) || contains(ret->socket, SV("/.docker/run/"));
    return true;
}

/* Splits "HOST[:PORT]" or "[V6][:PORT]". Return: false when it is neither. */
static bool split_host(struct kps_sv authority, struct kps_sv *ret_host, struct kps_sv *ret_port)
{
    size_t end = kps_sv_starts(authority, SV("[")) ? kps_sv_find(authority, ']') + 1
                                                   : kps_sv_find(authority, ':');
    if (end > authority.n || (end < authority.n && authority.p[end] != ':')) {
        return false;
    }
    *ret_host = kps_sv_slice(authority, 0, end);
    *ret_port = kps_sv_from(authority, end + 1);
    return end == authority.n || ret_port->n > 0;
}

/* The text goes into a URL: only what an address or a path is made of may be in it. */
static bool is_plain(struct kps_sv text, struct kps_sv besides)
{
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (!kps_is_alpha(c) && !kps_is_digit(c) && kps_sv_find(besides, c) == besides.n) {
            return false;
        }
    }
    return true;
}

static bool is_loopback(struct kps_sv host)
{
    struct kps_addr addr;
    struct kps_sv literal = kps_sv_starts(host, SV("[")) ? kps_sv_slice(host, 1, host.n - 1) : host;
    if (!kps_addr_parse(literal, &addr)) {
        return kps_sv_eq_nocase(host, SV("localhost"));
    }
    if (addr.kind == KPS_ADDR_ONE4) {
        return addr.bytes[0] == 127;
    }
    struct kps_addr one;
    return kps_addr_parse(SV("::1"), &one) && kps_addr_eq(&addr, &one);
}

static bool parse_tcp(struct kps_arena *arena, struct kps_sv rest,
                      const struct kps_endpoint_tls *tls, struct kps_endpoint *ret)
{
    size_t slash = kps_sv_find(rest, '/');
    struct kps_sv authority = kps_sv_slice(rest, 0, slash);
    struct kps_sv path = kps_sv_from(rest, slash);
    while (kps_sv_ends(path, SV("/"))) {
        path.n--;
    }
    struct kps_sv host = {0};
    struct kps_sv port = {0};
    if (!split_host(authority, &host, &port) || !is_plain(host, SV(".-_:[]")) ||
        !is_plain(path, SV("/.-_~%"))) {
        return false;
    }
    unsigned long long number = tls->on ? 2376 : 2375;
    if (port.n && (!kps_sv_u64(port, UINT16_MAX, &number) || number == 0)) {
        return false;
    }
    if (host.n == 0) {
        host = SV("localhost"); /* as docker: tcp://:2375 */
    }
    ret->transport = tls->on ? KPS_VIA_HTTPS : KPS_VIA_HTTP;
    ret->base = kps_fmt(arena, "%s://%.*s:%llu%.*s", tls->on ? "https" : "http", SV_ARG(host),
                        number, SV_ARG(path));
    ret->url = kps_fmt(arena, "tcp://%.*s:%llu%.*s", SV_ARG(host), number, SV_ARG(path));
    ret->loopback = is_loopback(host);
    ret->elsewhere = !ret->loopback;
    if (tls->on) {
        ret->ca = tls->ca;
        ret->cert = tls->cert;
        ret->key = tls->key;
        ret->verify = tls->verify;
    }
    return true;
}

/* Transports that docker knows and this program does not speak. */
static bool refuse_foreign(struct kps_arena *arena, struct kps_sv address, struct kps_sv *ret_fault,
                           struct kps_sv *ret_advice)
{
    if (kps_sv_starts(address, SV("ssh://"))) {
        struct kps_sv where = kps_sv_from(address, 6);
        where = kps_sv_slice(where, 0, kps_sv_find(where, '/'));
        return fail(
            ret_fault,
            kps_fmt(arena, "'%.*s' is not supported: no ssh is spoken here", SV_ARG(address)),
            ret_advice,
            kps_fmt(arena,
                    "run kportscan on that machine, or forward its socket: ssh -nNT -L "
                    "127.0.0.1:23750:/var/run/docker.sock ssh://%.*s and then --docker-host "
                    "tcp://127.0.0.1:23750",
                    SV_ARG(where)));
    }
    if (kps_sv_starts(address, SV("npipe://"))) {
        return fail(
            ret_fault,
            kps_fmt(arena, "'%.*s' is not supported: it is a pipe of Windows", SV_ARG(address)),
            ret_advice,
            SV("run kportscan inside WSL 2 and name the engine's socket there, with --docker-host "
               "unix:///var/run/docker.sock"));
    }
    if (kps_sv_starts(address, SV("fd://"))) {
        return fail(ret_fault,
                    kps_fmt(arena, "'%.*s' is for the engine's own side", SV_ARG(address)),
                    ret_advice, SV("name its socket: unix:///var/run/docker.sock"));
    }
    if (kps_sv_starts(address, SV("/"))) {
        return fail(
            ret_fault,
            kps_fmt(arena,
                    "'%.*s' names no transport; docker takes it for a path on tcp://localhost:2375",
                    SV_ARG(address)),
            ret_advice, kps_fmt(arena, "write unix://%.*s", SV_ARG(address)));
    }
    return true;
}

bool kps_endpoint_parse(struct kps_arena *arena, struct kps_sv address,
                        const struct kps_endpoint_tls *tls, struct kps_endpoint *ret,
                        struct kps_sv *ret_fault, struct kps_sv *ret_advice)
{
    struct kps_endpoint endpoint = {0};
    struct kps_endpoint_tls plain = *tls;
    struct kps_endpoint_tls safe = *tls;
    plain.on = false;
    safe.verify = safe.verify ||
                  !safe.on; /* https:// without a word about TLS is meant as browsers mean it */
    safe.on = true;
    if (!refuse_foreign(arena, address, ret_fault, ret_advice)) {
        return false;
    }
    bool good;
    if (kps_sv_starts(address, SV("unix://"))) {
        good = parse_unix(arena, kps_sv_from(address, 7), &endpoint);
    } else if (kps_sv_starts(address, SV("tcp://"))) {
        good = parse_tcp(arena, kps_sv_from(address, 6), tls, &endpoint);
    } else if (kps_sv_starts(address, SV("http://"))) {
        good = parse_tcp(arena, kps_sv_from(address, 7), &plain, &endpoint);
    } else if (kps_sv_starts(address, SV("https://"))) {
        good = parse_tcp(arena, kps_sv_from(address, 8), &safe, &endpoint);
    } else {
        good = !contains(address, SV("://")) && parse_tcp(arena, address, tls, &endpoint);
    }
    if (!good) {
        return fail(ret_fault, kps_fmt(arena, "'%.*s' is no address of an engine", SV_ARG(address)),
                    ret_advice, SV("write unix:///path/to/socket or tcp://host:port"));
    }
    *ret = endpoint;
    return true;
}
