#include "plugin/plugin.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "options/option_help.h"

const char kps_plugin_metadata[] =
    "{\"SchemaVersion\":\"0.1.0\",\"Vendor\":\"kportscan\",\"Version\":\"" KPS_VERSION
    "\",\"ShortDescription\":\"Find port conflicts before containers start\"}\n";

/* A global flag of docker. */
struct global_flag {
    const char *name;
    char letter;
    bool has_value;
};

enum { HOST, CONTEXT, CONFIG, DEBUG, LOG_LEVEL, TLS, TLS_CA, TLS_CERT, TLS_KEY, TLS_VERIFY };

static const struct global_flag GLOBAL_FLAGS[] = {
    [HOST] = {"host", 'H', true},           [CONTEXT] = {"context", 'c', true},
    [CONFIG] = {"config", '\0', true},      [DEBUG] = {"debug", 'D', false},
    [LOG_LEVEL] = {"log-level", 'l', true}, [TLS] = {"tls", '\0', false},
    [TLS_CA] = {"tlscacert", '\0', true},   [TLS_CERT] = {"tlscert", '\0', true},
    [TLS_KEY] = {"tlskey", '\0', true},     [TLS_VERIFY] = {"tlsverify", '\0', false},
};

struct reading {
    struct kps_arena *arena;
    struct kps_plugin_call *call;
    struct kps_sv *ret_error;
    bool has_host, has_context;
};

static bool fail_reading(struct reading *r, struct kps_sv why)
{
    *r->ret_error = why;
    return false;
}

static char *copy_text(struct kps_arena *arena, const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(kps_alloc(arena, n), text, n);
}

static void add_argument(struct reading *r, const char *text)
{
    r->call->argv[r->call->argc++] = copy_text(r->arena, text);
}

/* Take a file of --tlscacert and the like: kportscan knows the folder of docker's three files. */
static bool set_tls_file(struct reading *r, const char *path, const char *name)
{
    struct kps_sv whole = kps_sv_of(path);
    struct kps_sv folder = kps_path_dir(r->arena, whole);
    bool is_usual = kps_sv_eq(kps_path_base(whole), kps_sv_of(name));
    bool is_same = !r->call->cert_path || kps_sv_eq(folder, kps_sv_of(r->call->cert_path));
    if (!is_usual || !is_same) {
        return fail_reading(
            r, kps_fmt(r->arena,
                       "the TLS files must be ca.pem, cert.pem and key.pem of one folder, and '%s' "
                       "is not '%s' of it",
                       path, name));
    }
    r->call->cert_path = kps_cstr(r->arena, folder);
    return true;
}

static bool set_flag(struct reading *r, int flag, const char *value)
{
    switch (flag) {
    case HOST:
        if (r->has_host) {
            return fail_reading(r, SV("docker takes one -H only"));
        }
        r->has_host = true;
        add_argument(r, "--docker-host");
        add_argument(r, value);
        return true;
    case CONTEXT:
        r->has_context = true;
        add_argument(r, "--context");
        add_argument(r, value);
        return true;
    case CONFIG:
        r->call->config = value;
        return true;
    case DEBUG:
        add_argument(r, "--verbose");
        return true;
    case TLS_CA:
        return set_tls_file(r, value, "ca.pem");
    case TLS_CERT:
        return set_tls_file(r, value, "cert.pem");
    case TLS_KEY:
        return set_tls_file(r, value, "key.pem");
    case TLS:
        r->call->tls = "1";
        return true;
    case TLS_VERIFY:
        r->call->tls_verify = "1";
        return true;
    default: /* the level of the log is docker's own */
        return true;
    }
}

/* Find the flag of a word. `*ret_value` is the text behind "=" or the letter, NULL without. */
static int find_flag(const char *word, const char **ret_value)
{
    struct kps_sv text = kps_sv_of(word);
    *ret_value = NULL;
    for (size_t i = 0; i < KPS_COUNT(GLOBAL_FLAGS); i++) {
        const struct global_flag *flag = &GLOBAL_FLAGS[i];
        size_t n = strlen(flag->name);
        bool is_long = kps_sv_has_head(text, "--") &&
                       kps_sv_has_head(kps_sv_from(text, 2), flag->name) &&
                       (word[2 + n] == '\0' || word[2 + n] == '=');
        bool is_short = flag->letter && word[0] == '-' && word[1] == flag->letter;
        if (is_long) {
            *ret_value = word[2 + n] == '=' ? word + 2 + n + 1 : NULL;
            return (int)i;
        }
        if (is_short && (word[2] == '\0' || flag->has_value)) {
            *ret_value = word[2] ? word + 2 + (word[2] == '=') : NULL;
            return (int)i;
        }
    }
    return -1;
}

/* Read the flags in front of the name. `*at` is behind the name then. */
static bool read_globals(struct reading *r, int argc, char **argv, int *at)
{
    for (; *at < argc && argv[*at][0] == '-'; (*at)++) {
        const char *value = NULL;
        int flag = find_flag(argv[*at], &value);
        if (flag < 0) {
            return fail_reading(
                r, kps_fmt(r->arena, "docker's flag '%s' is not known here", argv[*at]));
        }
        if (GLOBAL_FLAGS[flag].has_value && !value) {
            if (*at + 1 >= argc) {
                return fail_reading(r, kps_fmt(r->arena, "'%s' wants a value", argv[*at]));
            }
            value = argv[++*at];
        }
        if (!set_flag(r, flag, value ? value : "")) {
            return false;
        }
    }
    if (r->has_host && r->has_context) {
        return fail_reading(r,
                            SV("-H and --context name two engines: docker takes one of them only"));
    }
    return true;
}

static bool is_plugin_name(const char *name)
{
    return kps_sv_is(kps_path_base(kps_sv_of(name)), "docker-kportscan");
}

bool kps_plugin_read(struct kps_arena *arena, int argc, char **argv, struct kps_plugin_call *ret,
                     struct kps_sv *ret_error)
{
    *ret = (struct kps_plugin_call){.kind = KPS_PLUGIN_NONE, .argc = argc, .argv = argv};
    if (argc < 1 || !is_plugin_name(argv[0])) {
        return true;
    }
    if (argc >= 2 && strcmp(argv[1], "docker-cli-plugin-metadata") == 0) {
        ret->kind = KPS_PLUGIN_METADATA;
        return true;
    }
    bool is_hook = argc >= 3 && strcmp(argv[1], "kportscan") == 0 &&
                   strcmp(argv[2], "docker-cli-plugin-hooks") == 0;
    if (is_hook) {
        ret->kind = KPS_PLUGIN_HOOK;
        ret->request = argc >= 4 ? argv[3] : "";
        return true;
    }
    struct reading r = {.arena = arena, .call = ret, .ret_error = ret_error};
    ret->kind = KPS_PLUGIN_RUN;
    ret->argv = KPS_NEW_N(arena, char *, (size_t)argc * 2 + 2);
    ret->argc = 0;
    add_argument(&r, argv[0]);
    int at = 1;
    if (argc >= 2 && strcmp(argv[1], "__complete") == 0) {
        ret->kind = KPS_PLUGIN_COMPLETE;
        at++;
    }
    if (!read_globals(&r, argc, argv, &at)) {
        return false;
    }
    bool is_help = at + 1 < argc && strcmp(argv[at], "help") == 0;
    at += is_help ? 1 : 0;
    if (at < argc && strcmp(argv[at], "kportscan") == 0) {
        at++;
    }
    for (; at < argc; at++) {
        ret->argv[ret->argc++] = argv[at];
    }
    if (is_help) {
        add_argument(&r, "--help");
    }
    return true;
}

void kps_plugin_complete(const struct kps_plugin_call *call, struct kps_sv help, FILE *out)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    const char *word = call->argc > 1 ? call->argv[call->argc - 1] : "";
    bool is_option = kps_sv_has_head(kps_sv_of(word), "--");
    struct kps_option_help option;
    while (is_option && kps_option_help_next(scratch, &help, &option)) {
        if (kps_sv_has_head(option.name, word + 2)) {
            (void)fprintf(out, "--%.*s\t%s\n", SV_ARG(option.name), option.words.p);
        }
    }
    (void)fputs(":0\n", out);
}

char **kps_plugin_of_kubectl(struct kps_arena *arena, int *argc, char **argv)
{
    if (*argc == 0 || !kps_sv_is(kps_path_base(kps_sv_of(argv[0])), "kubectl-kportscan")) {
        return argv;
    }
    static char option[] = "--cluster";
    char **all = KPS_NEW_N(arena, char *, (size_t)*argc + 2);
    all[0] = argv[0];
    all[1] = option;
    memcpy(all + 2, argv + 1, (size_t)(*argc - 1) * sizeof(argv[0]));
    (*argc)++;
    return all;
}

void kps_plugin_set_environment(const struct kps_plugin_call *call)
{
    const char *const settings[][2] = {{"DOCKER_CONFIG", call->config},
                                       {"DOCKER_TLS", call->tls},
                                       {"DOCKER_TLS_VERIFY", call->tls_verify},
                                       {"DOCKER_CERT_PATH", call->cert_path}};
    for (size_t i = 0; i < KPS_COUNT(settings); i++) {
        if (settings[i][1]) {
            (void)setenv(settings[i][0], settings[i][1], 1);
        }
    }
}
