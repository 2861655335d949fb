#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "docker/endpoint.h"

enum { MOST_FILES = 8, MOST_VARIABLES = 6 };

/* The folder that `docker context create lab` makes. */
#define LAB                                                                                        \
    "/home/u/.docker/contexts/meta/"                                                               \
    "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7/meta.json"
#define LAB_TLS                                                                                    \
    "/home/u/.docker/contexts/tls/"                                                                \
    "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7/docker/"
#define CONFIG "/home/u/.docker/config.json"
#define HOME "HOME=/home/u"

struct world {
    const char *files[MOST_FILES][2]; /* path, content */
    const char *environment[MOST_VARIABLES];
    const char *host, *context;
};

/* Return the endpoints as a text for a test to compare: a line "URL by FOUND_BY flags" for each, or
 * "! fault". */
static struct kps_sv describe(struct kps_arena *arena, const struct kps_engine_endpoints *found)
{
    struct kps_buf out = KPS_BUF(arena);
    for (size_t i = 0; i < found->n; i++) {
        const struct kps_engine_endpoint *e = &found->v[i];
        kps_buf_fmt(&out, "%s%.*s", i ? "\n" : "", SV_ARG(e->url));
        kps_buf_fmt(&out, e->found_by.n ? " by %.*s" : "%.*s", SV_ARG(e->found_by));
        if (e->transport == KPS_VIA_CHILD) {
            kps_buf_fmt(&out, " = ssh [%.*s] [%.*s] %u [%.*s]", SV_ARG(e->ssh.user),
                        SV_ARG(e->ssh.host), e->ssh.port, SV_ARG(e->ssh.path));
        } else if (e->transport != KPS_VIA_UNIX) {
            kps_buf_fmt(&out, " = %.*s", SV_ARG(e->base));
        }
        kps_buf_fmt(&out, "%s%s%s%s", e->verify ? " verified" : "",
                    e->elsewhere ? " elsewhere" : "", e->loopback ? " loopback" : "",
                    e->rootless ? " rootless" : "");
        kps_buf_fmt(&out, e->ca.n ? " ca=%.*s" : "%.*s", SV_ARG(e->ca));
        kps_buf_fmt(&out, e->cert.n ? " cert=%.*s" : "%.*s", SV_ARG(e->cert));
        kps_buf_fmt(&out, e->key.n ? " key=%.*s" : "%.*s", SV_ARG(e->key));
        assert_int_equal(e->configured, e->found_by.n > 0);
    }
    if (found->fault.n) {
        assert_int_equal(found->n, 0);
        kps_buf_fmt(&out, "! %.*s%s", SV_ARG(found->fault), found->elsewhere ? " elsewhere" : "");
        kps_buf_fmt(&out, "%s", found->is_invalid ? " invalid" : "");
    }
    if (found->passed.n) {
        kps_buf_fmt(&out, "\n(%.*s)", SV_ARG(found->passed));
    }
    return kps_buf_sv(&out);
}

static void check(const char *why, const struct world *world, const char *wanted)
{
    struct kps_arena *arena = kps_arena_new();
    struct kps_fs_mem_file files[MOST_FILES];
    struct kps_fs_mem mem = {.files = files};
    while (mem.n < MOST_FILES && world->files[mem.n][0]) {
        files[mem.n] = (struct kps_fs_mem_file){kps_sv_of(world->files[mem.n][0]),
                                                kps_sv_of(world->files[mem.n][1])};
        mem.n++;
    }
    char *list[MOST_VARIABLES + 1] = {NULL};
    for (size_t i = 0; i < MOST_VARIABLES && world->environment[i]; i++) {
        struct kps_sv copy = kps_sv_of(world->environment[i]);
        list[i] = kps_alloc(arena, copy.n + 1);
        memcpy(list[i], copy.p, copy.n);
    }
    struct kps_env env = kps_env_of(arena, list);
    struct kps_fs fs = kps_fs_memory(&mem);
    struct kps_engine_endpoint_choice choice = {kps_sv_of(world->host), kps_sv_of(world->context),
                                                1000};
    struct kps_engine_endpoints found = kps_endpoints_find(arena, &fs, &env, &choice);
    struct kps_sv got = describe(arena, &found);
    if (!kps_sv_eq(got, kps_sv_of(wanted))) {
        print_error("%s:\n  wanted %s\n  got    %.*s\n", why, wanted, SV_ARG(got));
    }
    assert_true(kps_sv_eq(got, kps_sv_of(wanted)));
    kps_arena_free(arena);
}

static const struct row {
    const char *why;
    struct world world;
    const char *wanted;
} ROWS[] = {
    {"nothing anywhere", {.environment = {HOME}}, ""},
    {"the default socket",
     {.files = {{"/var/run/docker.sock", ""}}, .environment = {HOME}},
     "unix:///var/run/docker.sock"},
    {"the same socket under both names is asked once",
     {.files = {{"/run/docker.sock", ""}, {"/var/run/docker.sock", ""}}},
     "unix:///var/run/docker.sock"},
    {"a folder that docker made for a missing socket is none",
     {.files = {{"/var/run/docker.sock/x", ""}}},
     ""},
    {"rootless, by XDG_RUNTIME_DIR",
     {.files = {{"/tmp/r/docker.sock", ""}}, .environment = {"XDG_RUNTIME_DIR=/tmp/r"}},
     "unix:///tmp/r/docker.sock rootless"},
    {"rootless, by the user's number when XDG_RUNTIME_DIR is not set",
     {.files = {{"/run/user/1000/docker.sock", ""}}},
     "unix:///run/user/1000/docker.sock rootless"},
    {"the caller's rootless engine under sudo",
     {.files = {{"/run/user/1001/docker.sock", ""}}, .environment = {"SUDO_UID=1001"}},
     "unix:///run/user/1001/docker.sock rootless"},
    {"all that is there, in order",
     {.files = {{"/run/podman/podman.sock", ""},
                {"/home/u/.docker/desktop/docker.sock", ""},
                {"/home/u/.colima/default/docker.sock", ""},
                {"/home/u/.rd/docker.sock", ""},
                {"/home/u/.orbstack/run/docker.sock", ""},
                {"/run/user/1000/podman/podman.sock", ""},
                {"/var/run/docker.sock", ""}},
      .environment = {HOME}},
     "unix:///var/run/docker.sock\n"
     "unix:///home/u/.docker/desktop/docker.sock elsewhere\n"
     "unix:///home/u/.colima/default/docker.sock elsewhere\n"
     "unix:///home/u/.rd/docker.sock elsewhere\n"
     "unix:///home/u/.orbstack/run/docker.sock elsewhere\n"
     "unix:///run/podman/podman.sock\n"
     "unix:///run/user/1000/podman/podman.sock rootless"},
    {"DOCKER_HOST beats what is there",
     {.files = {{"/var/run/docker.sock", ""}}, .environment = {"DOCKER_HOST=unix:///x.sock"}},
     "unix:///x.sock by DOCKER_HOST"},
    {"DOCKER_HOST set to nothing is not set",
     {.files = {{"/var/run/docker.sock", ""}}, .environment = {"DOCKER_HOST="}},
     "unix:///var/run/docker.sock"},
    {"--docker-host beats DOCKER_HOST",
     {.environment = {"DOCKER_HOST=unix:///x.sock"}, .host = "unix:///y.sock"},
     "unix:///y.sock by --docker-host"},
    {"DOCKER_HOST beats DOCKER_CONTEXT (spec §7.7)",
     {.environment = {"DOCKER_HOST=unix:///x.sock", "DOCKER_CONTEXT=lab"}},
     "unix:///x.sock by DOCKER_HOST"},
    {"--context beats DOCKER_HOST",
     {.files = {{LAB,
                 "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///lab.sock\"}}}"}},
      .environment = {HOME, "DOCKER_HOST=unix:///x.sock"},
      .context = "lab"},
     "unix:///lab.sock by context 'lab'"},
    {"DOCKER_CONTEXT",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://"
                      "10.0.0.5:2375\",\"SkipTLSVerify\":false}}}"}},
      .environment = {HOME, "DOCKER_CONTEXT=lab"}},
     "tcp://10.0.0.5:2375 by context 'lab' = http://10.0.0.5:2375 elsewhere"},
    {"the current context of config.json",
     {.files = {{CONFIG, "{\"auths\":{},\"currentContext\":\"lab\"}"},
                {LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///home/u/"
                      ".colima/lab/docker.sock\"}}}"}},
      .environment = {HOME}},
     "unix:///home/u/.colima/lab/docker.sock by context 'lab' elsewhere"},
    {"DOCKER_CONFIG moves the folder",
     {.files = {{"/etc/d/config.json", "{\"currentContext\":\"lab\"}"},
                {"/etc/d/contexts/meta/"
                 "a51146d38077ff992eba84cf1d5e9b249073503eb74868699016153b031a38f7/meta.json",
                 "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"unix:///lab.sock\"}}}"}},
      .environment = {HOME, "DOCKER_CONFIG=/etc/d"}},
     "unix:///lab.sock by context 'lab'"},
    {"the files of a context's own TLS folder",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\"}}}"},
                {LAB_TLS "ca.pem", ""},
                {LAB_TLS "cert.pem", ""},
                {LAB_TLS "key.pem", ""}},
      .environment = {HOME},
      .context = "lab"},
     "tcp://h:2376 by context 'lab' = https://h:2376 verified elsewhere ca=" LAB_TLS
     "ca.pem cert=" LAB_TLS "cert.pem key=" LAB_TLS "key.pem"},
    {"SkipTLSVerify speaks TLS and does not look at the certificate",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://"
                      "h:1\",\"SkipTLSVerify\":true}}}"}},
      .environment = {HOME},
      .context = "lab"},
     "tcp://h:1 by context 'lab' = https://h:1 elsewhere"},
    {"a context without a host is the default socket",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{}}}"}},
      .environment = {HOME},
      .context = "lab"},
     "unix:///var/run/docker.sock by context 'lab'"},
    {"the context 'default' is none",
     {.files = {{CONFIG, "{\"currentContext\":\"lab\"}"}, {"/var/run/docker.sock", ""}},
      .environment = {HOME, "DOCKER_CONTEXT=default"}},
     "unix:///var/run/docker.sock"},
    {"a missing context",
     {.environment = {HOME}, .context = "nope"},
     "! the context 'nope' (--context) does not exist"},
    {"a current context that is gone",
     {.files = {{CONFIG, "{\"currentContext\":\"nope\"}"}}, .environment = {HOME}},
     "! the context 'nope' (the current one) does not exist"},
    {"a context file that is broken",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":"}},
      .environment = {HOME},
      .context = "lab"},
     "! cannot read the context 'lab' (--context) from '" LAB
     "': it is not the JSON that docker writes"},
    {"a context of something else than Docker",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"kubernetes\":{}}}"}},
      .environment = {HOME},
      .context = "lab"},
     "! cannot read the context 'lab' (--context) from '" LAB
     "': it is not the JSON that docker writes"},
    {"the context is found by its name, not by its folder",
     {.files = {{"/home/u/.docker/contexts/meta/a/meta.json",
                 "{\"Name\":\"other\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://o\"}}}"},
                {"/home/u/.docker/contexts/meta/b/meta.json",
                 "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\"}}}"},
                {"/home/u/.docker/contexts/tls/b/docker/ca.pem", ""}},
      .environment = {HOME},
      .context = "lab"},
     "tcp://h:2376 by context 'lab' = https://h:2376 verified elsewhere "
     "ca=/home/u/.docker/contexts/tls/b/docker/ca.pem"},
    {"a broken file of another context is no fault",
     {.files = {{"/home/u/.docker/contexts/meta/a/meta.json", "{"},
                {"/home/u/.docker/contexts/meta/b/meta.json",
                 "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"tcp://h\"}}}"}},
      .environment = {HOME},
      .context = "lab"},
     "tcp://h:2375 by context 'lab' = http://h:2375 elsewhere"},
    {"no home to look a context up in",
     {.context = "lab"},
     "! the context 'lab' (--context) cannot be looked up: neither HOME nor DOCKER_CONFIG is set"},
    {"a broken config.json is passed over, as docker does",
     {.files = {{CONFIG, "{"}, {"/var/run/docker.sock", ""}}, .environment = {HOME}},
     "unix:///var/run/docker.sock\n(cannot read '" CONFIG
     "': it is not the JSON that docker writes; no context is taken from it)"},
    {"a currentContext of another type",
     {.files = {{CONFIG, "{\"currentContext\":[1]}"}}, .environment = {HOME}},
     ""},
    {"TLS by DOCKER_TLS_VERIFY, even 0, with DOCKER_CERT_PATH",
     {.files = {{"/c/ca.pem", ""}, {"/c/cert.pem", ""}, {"/c/key.pem", ""}},
      .environment = {"DOCKER_HOST=tcp://h", "DOCKER_TLS_VERIFY=0", "DOCKER_CERT_PATH=/c"}},
     "tcp://h:2376 by DOCKER_HOST = https://h:2376 verified elsewhere ca=/c/ca.pem "
     "cert=/c/cert.pem key=/c/key.pem"},
    {"TLS with the files of docker's own folder",
     {.files = {{"/home/u/.docker/ca.pem", ""}},
      .environment = {HOME, "DOCKER_HOST=tcp://h:1", "DOCKER_TLS_VERIFY=1"}},
     "tcp://h:1 by DOCKER_HOST = https://h:1 verified elsewhere ca=/home/u/.docker/ca.pem"},
    {"DOCKER_TLS does not verify",
     {.environment = {"DOCKER_HOST=tcp://h", "DOCKER_TLS=1"}},
     "tcp://h:2376 by DOCKER_HOST = https://h:2376 elsewhere"},
    {"DOCKER_CERT_PATH alone switches nothing on",
     {.files = {{"/c/ca.pem", ""}}, .environment = {"DOCKER_HOST=tcp://h", "DOCKER_CERT_PATH=/c"}},
     "tcp://h:2375 by DOCKER_HOST = http://h:2375 elsewhere"},
    {"TLS means nothing to a socket",
     {.environment = {"DOCKER_HOST=unix:///x.sock", "DOCKER_TLS_VERIFY=1"}},
     "unix:///x.sock by DOCKER_HOST"},
    {"tcp:// to this machine",
     {.host = "tcp://127.0.0.1:2375"},
     "tcp://127.0.0.1:2375 by --docker-host = http://127.0.0.1:2375 loopback"},
    {"tcp:// by name",
     {.host = "tcp://localhost"},
     "tcp://localhost:2375 by --docker-host = http://localhost:2375 loopback"},
    {"tcp:// in IPv6",
     {.host = "tcp://[::1]:9"},
     "tcp://[::1]:9 by --docker-host = http://[::1]:9 loopback"},
    {"tcp:// in IPv6 without a port",
     {.host = "tcp://[fd00::1]"},
     "tcp://[fd00::1]:2375 by --docker-host = http://[fd00::1]:2375 elsewhere"},
    {"tcp:// without a host",
     {.host = "tcp://:80"},
     "tcp://localhost:80 by --docker-host = http://localhost:80 loopback"},
    {"a path behind the port",
     {.host = "tcp://h:1/a/b/"},
     "tcp://h:1/a/b by --docker-host = http://h:1/a/b elsewhere"},
    {"no scheme is tcp", {.host = "h:1"}, "tcp://h:1 by --docker-host = http://h:1 elsewhere"},
    {"http:// of a socket proxy",
     {.host = "http://h:1"},
     "tcp://h:1 by --docker-host = http://h:1 elsewhere"},
    {"https:// is verified",
     {.host = "https://h"},
     "tcp://h:2376 by --docker-host = https://h:2376 verified elsewhere"},
    {"unix:// alone is the default socket",
     {.host = "unix://"},
     "unix:///var/run/docker.sock by --docker-host"},
    {"ssh://",
     {.host = "ssh://me@box:2222"},
     "ssh://me@box:2222 by --docker-host = ssh [me] [box] 2222 [] elsewhere"},
    {"ssh:// of a context",
     {.files = {{LAB, "{\"Name\":\"lab\",\"Endpoints\":{\"docker\":{\"Host\":\"ssh://nas\"}}}"}},
      .environment = {HOME, "DOCKER_CONTEXT=lab"}},
     "ssh://nas by context 'lab' = ssh [] [nas] 0 [] elsewhere"},
    {"ssh:// with a socket",
     {.environment = {"DOCKER_HOST=ssh://nas/run/user/1000/podman/podman.sock"}},
     "ssh://nas/run/user/1000/podman/podman.sock by DOCKER_HOST = ssh [] [nas] 0 "
     "[/run/user/1000/podman/podman.sock] elsewhere rootless"},
    {"ssh:// with slashes alone",
     {.host = "ssh://nas//"},
     "ssh://nas// by --docker-host = ssh [] [nas] 0 [] elsewhere"},
    {"ssh:// in IPv6: brackets go, escapes are decoded",
     {.host = "ssh://me@[fe80::1%25eth0]:22"},
     "ssh://me@[fe80::1%25eth0]:22 by --docker-host = ssh [me] [fe80::1%eth0] 22 [] elsewhere"},
    {"an empty user is none",
     {.host = "ssh://@nas:"},
     "ssh://@nas: by --docker-host = ssh [] [nas] 0 [] elsewhere"},
    {"a password is not repeated",
     {.host = "ssh://me:pw@nas"},
     "! --docker-host: 'ssh://me:***@nas': a password in the URL is not supported, neither by "
     "docker elsewhere invalid"},
    {"a query",
     {.host = "ssh://nas?x=1"},
     "! --docker-host: 'ssh://nas?x=1': a query ('?') is not allowed in an ssh URL elsewhere "
     "invalid"},
    {"a fragment",
     {.host = "ssh://nas#f"},
     "! --docker-host: 'ssh://nas#f': a fragment ('#') is not allowed in an ssh URL elsewhere "
     "invalid"},
    {"no host",
     {.host = "ssh:///x"},
     "! --docker-host: 'ssh:///x': it names no host elsewhere invalid"},
    {"a host that is an option",
     {.host = "ssh://-oProxyCommand=x"},
     "! --docker-host: 'ssh://-oProxyCommand=x': its host begins with '-' or has a blank elsewhere "
     "invalid"},
    {"an option behind an escape",
     {.host = "ssh://%2doProxyCommand=x"},
     "! --docker-host: 'ssh://%2doProxyCommand=x': its host begins with '-' or has a blank "
     "elsewhere invalid"},
    {"a user that is an option",
     {.host = "ssh://-v@nas"},
     "! --docker-host: 'ssh://-v@nas': its user begins with '-' or has a blank elsewhere invalid"},
    {"a blank in the user",
     {.host = "ssh://a%20b@nas"},
     "! --docker-host: 'ssh://a%20b@nas': its user begins with '-' or has a blank elsewhere "
     "invalid"},
    {"a control byte",
     {.host = "ssh://na\033s"},
     "! --docker-host: 'ssh://na\\x1bs': it has control characters elsewhere invalid"},
    {"a control byte in the path, escaped",
     {.host = "ssh://nas/a%0ab"},
     "! --docker-host: 'ssh://nas/a%0ab': it has control characters elsewhere invalid"},
    {"a NUL",
     {.host = "ssh://nas%00x"},
     "! --docker-host: 'ssh://nas%00x': it has control characters elsewhere invalid"},
    {"an escape that breaks off",
     {.host = "ssh://nas%2"},
     "! --docker-host: 'ssh://nas%2': it is no URL elsewhere invalid"},
    {"a port that is no number",
     {.host = "ssh://nas:abc"},
     "! --docker-host: 'ssh://nas:abc': its port is no number from 1 to 65535 elsewhere invalid"},
    {"a port out of range",
     {.host = "ssh://nas:65536"},
     "! --docker-host: 'ssh://nas:65536': its port is no number from 1 to 65535 elsewhere invalid"},
    {"the scheme is case-sensitive, as docker's",
     {.host = "SSH://nas"},
     "! --docker-host: 'SSH://nas' is no address of an engine"},
    {"npipe://",
     {.host = "npipe:////./pipe/docker_engine"},
     "! --docker-host: 'npipe:////./pipe/docker_engine' is not supported: it is a pipe of Windows"},
    {"fd://", {.host = "fd://"}, "! --docker-host: 'fd://' is for the engine's own side"},
    {"a bare path is a common mistake (spec §7.7)",
     {.host = "/x.sock"},
     "! --docker-host: '/x.sock' names no transport; docker takes it for a path on "
     "tcp://localhost:2375"},
    {"another scheme",
     {.host = "foo://x"},
     "! --docker-host: 'foo://x' is no address of an engine"},
    {"port 0", {.host = "tcp://h:0"}, "! --docker-host: 'tcp://h:0' is no address of an engine"},
    {"a port above 65535",
     {.host = "tcp://h:65536"},
     "! --docker-host: 'tcp://h:65536' is no address of an engine"},
    {"an empty port",
     {.host = "tcp://h:"},
     "! --docker-host: 'tcp://h:' is no address of an engine"},
    {"a name and password",
     {.host = "tcp://u:p@h:1"},
     "! --docker-host: 'tcp://u:***@h:1' is no address of an engine"},
    {"an open bracket",
     {.host = "tcp://[::1"},
     "! --docker-host: 'tcp://[::1' is no address of an engine"},
    {"something behind the bracket",
     {.host = "tcp://[::1]x"},
     "! --docker-host: 'tcp://[::1]x' is no address of an engine"},
    {"a query that would change the path",
     {.host = "tcp://h:1/?x="},
     "! --docker-host: 'tcp://h:1/?x=' is no address of an engine"},
};

static void test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < KPS_COUNT(ROWS); i++) {
        check(ROWS[i].why, &ROWS[i].world, ROWS[i].wanted);
    }
}

/* The fault of an unsupported endpoint says how to reach the engine instead. */
static void test_advice(void **state)
{
    (void)state;
    static const struct {
        const char *host, *words;
    } rows[] = {
        {"npipe:////./pipe/docker_engine", "WSL 2"},
        {"fd://", "unix:///var/run/docker.sock"},
        {"/x.sock", "write unix:///x.sock"},
        {"foo://x", "unix:///path/to/socket or tcp://host:port"},
    };
    struct kps_arena *arena = kps_arena_new();
    struct kps_env env = {0};
    for (size_t i = 0; i < KPS_COUNT(rows); i++) {
        struct kps_engine_endpoint_choice choice = {.host = kps_sv_of(rows[i].host)};
        struct kps_engine_endpoints found = kps_endpoints_find(arena, &kps_fs_os, &env, &choice);
        assert_true(kps_sv_search(found.advice, kps_sv_of(rows[i].words)) < found.advice.n);
    }
    kps_arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_advice),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
