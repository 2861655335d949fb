#include "plugin/docker_command.h"

#include "base/path.h"

enum { MOST_WORDS = 4096 }; /* of a command line; one with more is cut */

/* A flag with a value, of any of the commands below. */
struct value_flag {
    const char *name;
    char letter;
};

static const struct value_flag GLOBAL[] = {
    {"host", 'H'},       {"context", 'c'},  {"config", '\0'}, {"log-level", 'l'},
    {"tlscacert", '\0'}, {"tlscert", '\0'}, {"tlskey", '\0'},
};

static const struct value_flag COMPOSE[] = {
    {"file", 'f'},      {"project-name", 'p'},       {"profile", '\0'},
    {"env-file", '\0'}, {"project-directory", '\0'}, {"workdir", '\0'},
    {"ansi", '\0'},     {"progress", '\0'},          {"parallel", '\0'},
};

static const struct value_flag COMPOSE_START[] = {
    {"scale", '\0'},     {"timeout", 't'},         {"attach", '\0'},       {"pull", '\0'},
    {"no-attach", '\0'}, {"exit-code-from", '\0'}, {"wait-timeout", '\0'},
};

static const struct value_flag COMPOSE_RUN[] = {
    {"publish", 'p'}, {"env", 'e'},      {"volume", 'v'},    {"user", 'u'},
    {"workdir", 'w'}, {"label", 'l'},    {"name", '\0'},     {"entrypoint", '\0'},
    {"pull", '\0'},   {"cap-add", '\0'}, {"cap-drop", '\0'}, {"env-from-file", '\0'},
};

/* docker run has about ninety flags with values: each other than these is one, too. */

static const struct value_flag START[] = {
    {"detach-keys", '\0'}, {"checkpoint", '\0'}, {"checkpoint-dir", '\0'},
    {"timeout", 't'},      {"time", '\0'},       {"signal", 's'},
};

struct words {
    const struct kps_sv *v;
    size_t n, at;
    struct kps_docker_command *command;
};

/* A flag, with its value if any. */
struct given {
    struct kps_sv name; /* long, without dashes; a letter for a short flag */
    struct kps_sv value;
    bool has_value;
};

static bool is_flag(const struct words *w)
{
    return w->at < w->n && w->v[w->at].n > 1 && w->v[w->at].p[0] == '-';
}

/* Take the next word as a flag; `flags` are those with a value. */
static struct given take_flag(struct words *w, const struct value_flag *flags, size_t n_flags)
{
    struct kps_sv word = w->v[w->at++];
    bool is_long = kps_sv_has_head(word, "--");
    struct kps_sv rest = kps_sv_from(word, is_long ? 2 : 1);
    size_t equals = kps_sv_find(rest, '=');
    struct given given = {.name = kps_sv_slice(rest, 0, is_long ? equals : 1)};
    for (size_t i = 0; i < n_flags; i++) {
        bool is_it = is_long ? kps_sv_is(given.name, flags[i].name)
                             : flags[i].letter && rest.p[0] == flags[i].letter;
        if (!is_it) {
            continue;
        }
        given.name = kps_sv_of(flags[i].name);
        given.has_value = true;
        struct kps_sv attached = is_long ? kps_sv_from(rest, equals + 1) : kps_sv_from(rest, 1);
        bool is_attached = is_long ? equals < rest.n : rest.n > 1;
        if (!is_long && attached.n && attached.p[0] == '=') {
            attached = kps_sv_from(attached, 1);
        }
        if (is_attached) {
            given.value = attached;
        } else if (w->at < w->n) {
            given.value = w->v[w->at++];
        }
        return given;
    }
    return given;
}

#define ADD(list, value) (*kps_vec_push(&(list)) = (value))

static void read_globals(struct words *w)
{
    while (is_flag(w)) {
        struct given given = take_flag(w, GLOBAL, KPS_COUNT(GLOBAL));
        if (kps_sv_is(given.name, "host")) {
            w->command->host = given.value;
        } else if (kps_sv_is(given.name, "context")) {
            w->command->context = given.value;
        } else if (kps_sv_is(given.name, "config")) {
            w->command->config = given.value;
        }
    }
}

static struct kps_sv take_word(struct words *w)
{
    return w->at < w->n ? w->v[w->at++] : (struct kps_sv){"", 0};
}

static void read_compose_globals(struct words *w)
{
    struct kps_docker_command *command = w->command;
    while (is_flag(w)) {
        struct given given = take_flag(w, COMPOSE, KPS_COUNT(COMPOSE));
        if (kps_sv_is(given.name, "file")) {
            ADD(command->files, given.value);
        } else if (kps_sv_is(given.name, "profile")) {
            ADD(command->profiles, given.value);
        } else if (kps_sv_is(given.name, "env-file")) {
            ADD(command->env_files, given.value);
        } else if (kps_sv_is(given.name, "project-name")) {
            command->project_name = given.value;
        } else if (kps_sv_is_one_of(given.name, "project-directory workdir")) {
            command->project_directory = given.value;
        }
    }
}

static void read_compose_run(struct words *w)
{
    while (is_flag(w)) {
        struct given given = take_flag(w, COMPOSE_RUN, KPS_COUNT(COMPOSE_RUN));
        if (kps_sv_is(given.name, "publish")) {
            ADD(w->command->publishes, given.value);
        } else if (kps_sv_is_one_of(given.name, "service-ports P")) {
            w->command->publishes_service = true;
        }
    }
    struct kps_sv service = take_word(w);
    if (service.n) {
        ADD(w->command->names, service);
    }
}

static void read_names(struct words *w, const struct value_flag *flags, size_t n_flags)
{
    while (w->at < w->n) {
        if (is_flag(w)) {
            (void)take_flag(w, flags, n_flags);
        } else {
            ADD(w->command->names, take_word(w));
        }
    }
}

static void read_compose(struct words *w)
{
    read_compose_globals(w);
    struct kps_sv verb = take_word(w);
    if (kps_sv_is(verb, "run")) {
        w->command->verb = KPS_DOCKER_COMPOSE_RUN;
        read_compose_run(w);
        return;
    }
    if (kps_sv_is_one_of(verb, "up start restart create")) {
        w->command->verb = KPS_DOCKER_COMPOSE_START;
        read_names(w, COMPOSE_START, KPS_COUNT(COMPOSE_START));
        return;
    }
}

static bool is_run_switch(struct kps_sv flag)
{
    bool is_long = kps_sv_has_head(flag, "--");
    struct kps_sv name = kps_sv_from(flag, is_long ? 2 : 1);
    if (!is_long) { /* "-dit" */
        for (size_t i = 0; i < name.n; i++) {
            struct kps_sv letters = SV("ditPq");
            if (kps_sv_find(letters, name.p[i]) == letters.n) {
                return false;
            }
        }
        return true;
    }
    if (kps_sv_find(name, '=') < name.n) {
        return true;
    }
    return kps_sv_is_one_of(
        name, "detach interactive tty rm publish-all privileged init read-only no-healthcheck "
              "oom-kill-disable quiet sig-proxy disable-content-trust use-api-socket help");
}

/* Read docker run and create up to the image: behind it the words are the container's. */
static void read_run(struct words *w)
{
    static const struct value_flag publish[] = {{"publish", 'p'}};
    w->command->verb = KPS_DOCKER_RUN;
    while (is_flag(w)) {
        struct kps_sv word = w->v[w->at];
        struct words before = *w;
        struct given given = take_flag(w, publish, KPS_COUNT(publish));
        if (given.has_value) {
            ADD(w->command->publishes, given.value);
            continue;
        }
        *w = before;
        w->at++;
        bool has_own_value = !kps_sv_has_head(word, "--") && word.n > 2;
        if (!is_run_switch(word) && !has_own_value) {
            w->at++;
        }
    }
}

void kps_docker_command_read(const struct kps_sv *words, size_t n, struct kps_docker_command *ret)
{
    *ret = (struct kps_docker_command){.verb = KPS_DOCKER_OTHER};
    struct words w = {.v = words, .n = n, .at = n ? 1 : 0, .command = ret};
    read_globals(&w);
    struct kps_sv verb = take_word(&w);
    if (kps_sv_is(verb, "compose")) {
        read_compose(&w);
        return;
    }
    bool is_stack = kps_sv_is(verb, "stack");
    bool is_service = kps_sv_is(verb, "service");
    if (kps_sv_is(verb, "container") || is_stack || is_service) {
        verb = take_word(&w);
    }
    if (is_stack || is_service) {
        bool may_bind = kps_sv_is_one_of(verb, "deploy up create update");
        ret->verb = may_bind ? KPS_DOCKER_SWARM : KPS_DOCKER_OTHER;
    } else if (kps_sv_is_one_of(verb, "run create")) {
        read_run(&w);
    } else if (kps_sv_is_one_of(verb, "start restart")) {
        ret->verb = KPS_DOCKER_START;
        read_names(&w, START, KPS_COUNT(START));
    }
}

void kps_docker_command_free(struct kps_docker_command *command)
{
    kps_vec_free(&command->files);
    kps_vec_free(&command->profiles);
    kps_vec_free(&command->env_files);
    kps_vec_free(&command->names);
    kps_vec_free(&command->publishes);
}

size_t kps_docker_command_split(struct kps_arena *arena, struct kps_sv cmdline, struct kps_sv **ret)
{
    struct kps_sv *words = KPS_NEW_N(arena, struct kps_sv, MOST_WORDS);
    size_t n = 0;
    while (cmdline.n && n < MOST_WORDS) {
        size_t end = kps_sv_find(cmdline, '\0');
        words[n++] = kps_sv_copy(arena, kps_sv_slice(cmdline, 0, end));
        cmdline = kps_sv_from(cmdline, end + 1);
    }
    *ret = words;
    return n && kps_sv_is(kps_path_base(words[0]), "docker") ? n : 0;
}

/* Return the position of the last colon outside of brackets; s.n: there is none. */
static size_t find_last_colon(struct kps_sv s)
{
    size_t bracket = kps_sv_rfind(s, ']');
    size_t colon = kps_sv_rfind(s, ':');
    return colon < s.n && (bracket == s.n || colon > bracket) ? colon : s.n;
}

/* Return the value of a key in "mode=host,published=8080,target=80". */
static struct kps_sv value_of(struct kps_sv list, struct kps_sv key)
{
    while (list.n) {
        size_t comma = kps_sv_find(list, ',');
        struct kps_sv item = kps_sv_slice(list, 0, comma);
        size_t equals = kps_sv_find(item, '=');
        if (kps_sv_eq(kps_sv_slice(item, 0, equals), key)) {
            return kps_sv_from(item, equals + 1);
        }
        list = kps_sv_from(list, comma + 1);
    }
    return (struct kps_sv){"", 0};
}

struct kps_sv kps_docker_command_host_side(struct kps_arena *arena, struct kps_sv published)
{
    struct kps_sv nothing = {"", 0};
    if (kps_sv_find(published, '=') < published.n) {
        struct kps_sv port = value_of(published, SV("published"));
        struct kps_sv protocol = value_of(published, SV("protocol"));
        return port.n && protocol.n ? kps_fmt(arena, "%.*s/%.*s", SV_ARG(port), SV_ARG(protocol))
                                    : port;
    }
    size_t slash = kps_sv_find(published, '/');
    struct kps_sv protocol = kps_sv_from(published, slash);
    struct kps_sv ports = kps_sv_slice(published, 0, slash);
    size_t colon = find_last_colon(ports);
    struct kps_sv host = kps_sv_slice(ports, 0, colon < ports.n ? colon : 0);
    if (host.n == 0 || host.p[host.n - 1] == ':') {
        return nothing; /* the engine chooses */
    }
    return kps_fmt(arena, "%.*s%.*s", SV_ARG(host), SV_ARG(protocol));
}
