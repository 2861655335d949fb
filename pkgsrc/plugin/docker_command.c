#include "plugin/docker_command.h"

#include "base/path.h"

enum { MOST_WORDS = 4096 }; /* of a command line; one with more is cut */

/* Flags with a value, of the commands: long names, with the short one behind a slash. */
static const char GLOBAL[] = "host/H context/c config log-level/l tlscacert tlscert tlskey";
static const char COMPOSE[] =
    "file/f project-name/p profile env-file project-directory workdir ansi "
    "progress parallel";
static const char COMPOSE_START[] =
    "scale timeout/t attach pull no-attach exit-code-from wait-timeout";
static const char COMPOSE_RUN[] =
    "publish/p env/e volume/v user/u workdir/w label/l name entrypoint pull "
    "cap-add cap-drop env-from-file";
/* docker run has about ninety flags with values: each other than these is one, too. */
static const char START[] = "detach-keys checkpoint checkpoint-dir timeout/t time signal/s";

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

/* Return: is the flag, long or a letter, the one of the table: "file/f"? */
static bool is_same_flag(struct kps_sv flag, struct kps_sv given, bool is_long)
{
    struct kps_sv letter = kps_sv_after(flag, '/');
    return is_long ? kps_sv_eq(kps_sv_before(flag, '/'), given)
                   : letter.n && kps_sv_eq(letter, given);
}

/* Take the next word as a flag; `flags` are those with a value. */
static struct given take_flag(struct words *w, const char *flags)
{
    struct kps_sv word = w->v[w->at++];
    bool is_long = kps_sv_has_head(word, "--");
    struct kps_sv rest = kps_sv_from(word, is_long ? 2 : 1);
    size_t end = is_long ? kps_sv_find(rest, '=') : 1;
    struct given given = {.name = kps_sv_head(rest, end)};
    struct kps_sv flag;
    for (struct kps_sv others = kps_sv_of(flags); kps_sv_next(&others, ' ', &flag);) {
        if (!is_same_flag(flag, given.name, is_long)) {
            continue;
        }
        given.name = kps_sv_before(flag, '/');
        given.has_value = true;
        bool has_equals = end < rest.n && rest.p[end] == '=';
        if (end < rest.n) {
            given.value = kps_sv_from(rest, end + has_equals);
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
        struct given given = take_flag(w, GLOBAL);
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
        struct given given = take_flag(w, COMPOSE);
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
        struct given given = take_flag(w, COMPOSE_RUN);
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

static void read_names(struct words *w, const char *flags)
{
    while (w->at < w->n) {
        if (is_flag(w)) {
            (void)take_flag(w, flags);
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
        read_names(w, COMPOSE_START);
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
    w->command->verb = KPS_DOCKER_RUN;
    while (is_flag(w)) {
        struct kps_sv word = w->v[w->at];
        struct words before = *w;
        struct given given = take_flag(w, "publish/p");
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
        read_names(&w, START);
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
        words[n++] = kps_sv_copy(arena, kps_sv_head(cmdline, end));
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
        struct kps_sv item = kps_sv_head(list, comma);
        size_t equals = kps_sv_find(item, '=');
        if (kps_sv_eq(kps_sv_head(item, equals), key)) {
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
    struct kps_sv ports = kps_sv_head(published, slash);
    size_t colon = find_last_colon(ports);
    struct kps_sv host = kps_sv_head(ports, colon < ports.n ? colon : 0);
    if (host.n == 0 || host.p[host.n - 1] == ':') {
        return nothing; /* the engine chooses */
    }
    return kps_fmt(arena, "%.*s%.*s", SV_ARG(host), SV_ARG(protocol));
}
