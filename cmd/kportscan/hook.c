#include "hook.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fs.h"
#include "base/limits.h"
#include "base/shell.h"
#include "base/utf8.h"
#include "check.h"
#include "command_line.h"
#include "diagnose/scan.h"
#include "plugin/docker_command.h"
#include "plugin/hook_request.h"
#include "query/port_argument.h"
#include "settings.h"
#include "symptom_answer.h"

enum {
    MOST_NAMES = 3,
    ENGINE_TIMEOUT_SECONDS = 1,
    SHORT_ID = 12, /* digits of an id as docker prints it */
};

/* Docker splits the list at commas, and compares words with those typed. */
#define HOOK_COMMANDS                                                                              \
    "compose,run,start,create,container run,container start,restart,stack deploy,service create"

const char kps_hook_explanation[] =
    "docker-hook: who holds the port, in docker's own output\n"
    "\n"
    "After a failed 'docker compose up', 'run', 'start' or 'create', the Docker CLI can\n"
    "ask kportscan and print the answer under \"What's next:\". Docker reads that from\n"
    "~/.docker/config.json, or from the folder in DOCKER_CONFIG; kportscan does not change\n"
    "the file.\n"
    "\n"
    "1. kportscan must be a plugin of docker; this prints its version then:\n"
    "\n"
    "    docker kportscan --version\n"
    "\n"
    "   If docker does not know the command:\n"
    "\n"
    "    d=\"${DOCKER_CONFIG:-$HOME/.docker}/cli-plugins\"; mkdir -p \"$d\"\n"
    "    ln -s \"$(command -v kportscan)\" \"$d/docker-kportscan\"\n"
    "\n"
    "2. Add to config.json (values are strings, no blank behind a comma):\n"
    "\n"
    "    {\n"
    "      \"features\": { \"hooks\": \"true\" },\n"
    "      \"plugins\": {\n"
    "        \"kportscan\": {\n"
    "          \"error-hooks\": \"" HOOK_COMMANDS "\"\n"
    "        }\n"
    "      }\n"
    "    }\n"
    "\n"
    "   Where the file has other content, jq adds to a copy, readable by its owner alone,\n"
    "   which takes the file's place when it is complete:\n"
    "\n"
    "    d=\"${DOCKER_CONFIG:-$HOME/.docker}\"; (umask 077; mkdir -p \"$d\")\n"
    "    f=\"$(readlink -f \"$d/config.json\")\"\n"
    "    (umask 077; [ -s \"$f\" ] || echo '{}' >\"$f\"\n"
    "      jq '.features.hooks //= \"true\" | .plugins.kportscan[\"error-hooks\"] =\n"
    "        \"" HOOK_COMMANDS "\"' \\\n"
    "        \"$f\" >\"$f.new\") && mv \"$f.new\" \"$f\"\n"
    "\n"
    "3. Check it: docker shows the hook's answer on a terminal only. The first command lists\n"
    "   kportscan; the hook answers when a start of yours fails the next time.\n"
    "\n"
    "    docker info --format '{{json .ClientInfo.Plugins}}'\n"
    "    jq .plugins \"${DOCKER_CONFIG:-$HOME/.docker}/config.json\"\n"
    "\n"
    "Docker CLI 29.3 and later have error-hooks. 26.1 to 29.2 have \"hooks\": \"run,start\"\n"
    "instead, which docker also calls after a run that succeeds, and which leaves a failed\n"
    "compose out.\n"
    "DOCKER_CLI_HOOKS=1 turns hooks on for one command, =0 turns them off.\n";

/* The state of a call of the hook. */
struct hook {
    struct kps_arena *arena;
    struct kps_hook_request request;
    struct kps_docker_command command;
    bool knows_command; /* the parent is docker, and its command line was read */
    struct kps_buf text;
    unsigned n_lines, n_ports;
    struct kps_sv first_port;  /* of the first finding, for a question */
    struct kps_sv plugin_call; /* "docker kportscan" */
};

/* Time is over: end without a word, which shows nothing. */
static void end_in_silence(int signal_number)
{
    (void)signal_number;
    _exit(0);
}

static void set_deadline(void)
{
    struct sigaction end = {.sa_handler = end_in_silence};
    struct itimerval timer = {.it_value = {KPS_HOOK_MS / 1000, KPS_HOOK_MS % 1000 * 1000}};
    (void)sigaction(SIGALRM, &end, NULL);
    (void)setitimer(ITIMER_REAL, &timer, NULL);
}

/* Read the command line of the docker that calls. */
static void read_parent(struct hook *hook)
{
    struct kps_sv path = kps_fmt(hook->arena, "/proc/%ld/cmdline", (long)getppid());
    struct kps_sv bytes = {"", 0};
    if (kps_fs_os.read(&kps_fs_os, hook->arena, path.p, KPS_LIMIT_FILE_BYTES, &bytes) != 0) {
        return;
    }
    struct kps_sv *words = NULL;
    size_t n = kps_docker_command_split(hook->arena, bytes, &words);
    hook->knows_command = n > 0;
    kps_docker_command_read(words, n, &hook->command);
}

/* The environment, with the folder that docker was told to take its configuration from. */
static struct kps_env environment_of(const struct hook *hook)
{
    size_t n = 0;
    while (environ[n]) {
        n++;
    }
    char **list = KPS_NEW_N(hook->arena, char *, n + 2);
    size_t at = 0;
    if (hook->command.config.n) {
        struct kps_sv entry =
            kps_fmt(hook->arena, "DOCKER_CONFIG=%.*s", SV_ARG(hook->command.config));
        list[at++] = memcpy(kps_alloc(hook->arena, entry.n + 1), entry.p, entry.n);
    }
    memcpy(&list[at], environ, n * sizeof(list[0]));
    return kps_env_of(hook->arena, list);
}

/* A command line of kportscan in the making. */
struct arguments {
    struct kps_arena *arena;
    char **v;
    int n;
};

/* Add "--NAME=VALUE", unless the value is empty. The joined form keeps a value that begins with a
 * dash from being an option. */
static void add_option(struct arguments *arguments, const char *name, struct kps_sv value)
{
    if (value.n) {
        struct kps_sv word = kps_fmt(arguments->arena, "--%s=%.*s", name, SV_ARG(value));
        arguments->v[arguments->n++] =
            memcpy(kps_alloc(arguments->arena, word.n + 1), word.p, word.n);
    }
}

static void add_options(struct arguments *arguments, const char *name, const struct kps_sv *values,
                        uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        add_option(arguments, name, values[i]);
    }
}

/*
 * Make the options of a check of the started project. Return: false for options that are refused.
 */
static bool make_options(const struct hook *hook, struct kps_env *env, struct kps_options *ret)
{
    const struct kps_docker_command *command = &hook->command;
    size_t most =
        16 + command->files.n + command->profiles.n + command->env_files.n + command->names.n;
    struct arguments arguments = {hook->arena, KPS_NEW_N(hook->arena, char *, most), 0};
    add_option(&arguments, "color", SV("never"));
    arguments.n = 0; /* argv[0] */
    arguments.v[arguments.n++] = arguments.v[0];
    add_option(&arguments, "docker-host", command->host);
    add_option(&arguments, "context", command->context);
    add_option(&arguments, "timeout", kps_fmt(hook->arena, "%d", ENGINE_TIMEOUT_SECONDS));
    bool is_compose =
        command->verb == KPS_DOCKER_COMPOSE_START || command->verb == KPS_DOCKER_COMPOSE_RUN;
    if (is_compose) {
        add_options(&arguments, "file", command->files.v, command->files.n);
        add_options(&arguments, "profile", command->profiles.v, command->profiles.n);
        add_options(&arguments, "env-file", command->env_files.v, command->env_files.n);
        add_options(&arguments, "service", command->names.v, command->names.n);
        add_option(&arguments, "project-name", command->project_name);
        add_option(&arguments, "project-directory", command->project_directory);
    }
    struct kps_sv error = {"", 0};
    *env = environment_of(hook);
    bool is_good = kps_command_line_parse(hook->arena, arguments.n, arguments.v, ret, &error) &&
                   kps_settings_settle(hook->arena, ret, env);
    ret->never_prompts = true;
    ret->n_machines = 0; /* the project was started on the engine that docker asked */
    return is_good;
}

/* Cut a line to a number of bytes, at the end of a character. */
static struct kps_sv cut_line(struct kps_arena *arena, struct kps_sv line, size_t most)
{
    if (line.n <= most) {
        return line;
    }
    size_t end = most;
    while (end > 0 && ((unsigned char)line.p[end] & 0xc0U) == 0x80U) {
        end--;
    }
    return kps_fmt(arena, "%.*s...", (int)end, line.p);
}

/* Add a line of the answer, escaped; a long line loses its end. */
static void add_line(struct hook *hook, struct kps_sv words)
{
    struct kps_sv line =
        cut_line(hook->arena, kps_utf8_escape(hook->arena, words), KPS_HOOK_LINE_BYTES);
    kps_buf_fmt(&hook->text, "%s%.*s", hook->n_lines ? "\n" : "", SV_ARG(line));
    hook->n_lines++;
}

static bool is_about_ports(enum kps_rule rule)
{
    return (rule >= KPS_RULE_COMPOSE_HOST_PORT_CLASH && rule <= KPS_RULE_COMPOSE_PORT_INVALID) ||
           (rule >= KPS_RULE_HOST_PORT_TAKEN && rule < KPS_RULE_INPUT_UNREADABLE);
}

/* Return: the parties of a finding besides holders, "web and db"; empty for a single party. */
static struct kps_sv party_names(struct kps_arena *arena, const struct kps_ledger *ledger,
                                 const struct kps_finding *finding)
{
    struct kps_buf names = KPS_BUF(arena);
    unsigned n = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_sv name = party->owner ? kps_ledger_get_owner(ledger, party->owner)->name
                                          : (struct kps_sv){"", 0};
        if (party->role != KPS_ROLE_HOLDER && name.n && n < MOST_NAMES) {
            kps_buf_fmt(&names, "%s%.*s", n++ ? " and " : "", SV_ARG(name));
        }
    }
    return n > 1 ? kps_buf_sv(&names) : (struct kps_sv){"", 0};
}

/* Return: the question "8080/tcp" about the ports of a finding; empty: it names none. */
static struct kps_sv port_words(struct kps_arena *arena, const struct kps_finding *finding)
{
    return finding->first ? kps_ports_words(arena, finding->first, finding->last, finding->protocol)
                          : (struct kps_sv){"", 0};
}

/* Return: the answer in one line: the port and its holder; where nobody has it, the message. */
static struct kps_sv answer_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                                  const struct kps_finding *finding)
{
    struct kps_sv holder = {"", 0};
    uint32_t n_holders = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        if (party->role == KPS_ROLE_HOLDER && party->label.n) {
            holder = n_holders++ ? holder : party->label;
        }
    }
    if (n_holders && finding->first) {
        struct kps_sv more = n_holders > 1 ? kps_fmt(arena, " and %u more", n_holders - 1) : SV("");
        return kps_fmt(arena, "port%s %.*s is held by %.*s%.*s",
                       finding->last > finding->first ? "s" : "",
                       SV_ARG(port_words(arena, finding)), SV_ARG(holder), SV_ARG(more));
    }
    struct kps_sv names = party_names(arena, ledger, finding);
    return kps_fmt(arena, "%.*s%s%.*s", SV_ARG(finding->message), names.n ? ": " : "",
                   SV_ARG(names));
}

/* Return: a command as a user of docker types it: kportscan is called as a plugin. */
static struct kps_sv command_words(const struct hook *hook, struct kps_sv command)
{
    struct kps_sv own = SV("kportscan ");
    return kps_sv_starts(command, own)
               ? kps_fmt(hook->arena, "%.*s %.*s", SV_ARG(hook->plugin_call),
                         SV_ARG(kps_sv_from(command, own.n)))
               : command;
}

/*
 * Return: the line with the first command of a finding, or its advice where it has none. A command
 * stands whole or not at all: half of one would do something else. Empty: neither, or too long.
 */
static struct kps_sv help_words(const struct hook *hook, const struct kps_finding *finding)
{
    for (uint32_t i = 0; i < finding->n_helps; i++) {
        const struct kps_help *help = &finding->helps[i];
        if (help->command.n) {
            struct kps_sv command = command_words(hook, help->command);
            struct kps_sv line =
                kps_fmt(hook->arena, "%.*s: %.*s", SV_ARG(help->text), SV_ARG(command));
            line = line.n <= KPS_HOOK_LINE_BYTES ? line : command;
            return line.n <= KPS_HOOK_LINE_BYTES ? line : (struct kps_sv){"", 0};
        }
    }
    return finding->n_helps ? finding->helps[0].text : (struct kps_sv){"", 0};
}

/* Add the lines of a finding: the answer, then what to type. */
static void add_finding(struct hook *hook, const struct kps_ledger *ledger,
                        const struct kps_finding *finding)
{
    if (hook->n_ports++ == 0) {
        hook->first_port = port_words(hook->arena, finding);
    }
    add_line(hook, answer_words(hook->arena, ledger, finding));
    struct kps_sv help = help_words(hook, finding);
    if (help.n) {
        add_line(hook, help);
    }
}

/* Return whether the hook has a line for the finding: an error about ports. */
static bool is_told(const struct kps_finding *finding, bool needs_holder)
{
    bool has_holder = false;
    for (uint32_t k = 0; k < finding->n_parties; k++) {
        has_holder = has_holder || finding->parties[k].role == KPS_ROLE_HOLDER;
    }
    return finding->severity == KPS_ERROR && !finding->suppressed.p &&
           (needs_holder ? has_holder : finding->n_parties > 0);
}

/* Return whether an earlier finding that is told has the same ports. */
static bool is_told_before(const struct kps_diag *diag, uint32_t at, bool needs_holder)
{
    const struct kps_finding *finding = diag->findings.v[at];
    for (uint32_t i = 0; i < at && finding->first; i++) {
        const struct kps_finding *other = diag->findings.v[i];
        if (other->first == finding->first && other->last == finding->last &&
            other->protocol == finding->protocol && is_told(other, needs_holder)) {
            return true;
        }
    }
    return false;
}

static void add_words(struct kps_buf *out, const char *option, const struct kps_sv *values,
                      uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        kps_buf_fmt(out, " %s %.*s", option, SV_ARG(kps_shell_quote(out->arena, values[i])));
    }
}

/* Return: the options " -f FILE ..." by which kportscan reads the project that was started. */
static struct kps_sv project_words(const struct hook *hook)
{
    const struct kps_docker_command *command = &hook->command;
    struct kps_buf words = KPS_BUF(hook->arena);
    add_words(&words, "-f", command->files.v, command->files.n);
    add_words(&words, "--profile", command->profiles.v, command->profiles.n);
    add_words(&words, "--env-file", command->env_files.v, command->env_files.n);
    add_words(&words, "--project-directory", &command->project_directory,
              command->project_directory.n > 0);
    return kps_buf_sv(&words);
}

/* Return: "docker kportscan", with the flags that name the engine. */
static struct kps_sv plugin_words(const struct hook *hook)
{
    struct kps_buf words = KPS_BUF(hook->arena);
    kps_buf_add(&words, SV("docker"));
    add_words(&words, "--config", &hook->command.config, hook->command.config.n > 0);
    add_words(&words, "-H", &hook->command.host, hook->command.host.n > 0);
    add_words(&words, "--context", &hook->command.context, hook->command.context.n > 0);
    kps_buf_add(&words, SV(" kportscan"));
    return kps_buf_sv(&words);
}

/* Add the lines of the first ports with an error, and point to the rest. */
static void add_findings(struct hook *hook, const struct kps_ledger *ledger, bool needs_holder)
{
    const struct kps_diag *diag = ledger->diag;
    uint32_t n_more = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        if (!is_told(diag->findings.v[i], needs_holder) || is_told_before(diag, i, needs_holder)) {
            continue;
        }
        if (hook->n_ports == KPS_HOOK_PORTS) {
            n_more++;
        } else {
            add_finding(hook, ledger, diag->findings.v[i]);
        }
    }
    if (n_more) {
        add_line(hook, kps_fmt(hook->arena, "and %u more: %.*s%.*s", n_more,
                               SV_ARG(hook->plugin_call), SV_ARG(project_words(hook))));
    } else if (hook->n_lines) {
        add_line(hook, kps_fmt(hook->arena, "more about it: %.*s%s%.*s", SV_ARG(hook->plugin_call),
                               hook->first_port.n ? " " : "", SV_ARG(hook->first_port)));
    }
}

/* Judge the started project. */
static void answer_project(struct hook *hook)
{
    struct kps_env env;
    struct kps_options options;
    if (!make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    kps_session_open(&session, hook->arena, &options, &env);
    (void)kps_check_collect(&session);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < session.diag.findings.n; i++) {
        struct kps_finding *finding = session.diag.findings.v[i];
        if (is_about_ports(finding->rule)) {
            session.diag.findings.v[kept++] = finding;
        }
    }
    session.diag.findings.n = kept;
    if (!session.gathering.has_failed) {
        add_findings(hook, &session.ledger, false);
    }
    kps_session_close(&session);
}

/* Answer symptoms; `text` is where they were read. */
static void answer_symptoms(struct hook *hook, struct kps_sv text, struct kps_symptom *symptoms,
                            uint32_t n, bool needs_holder)
{
    struct kps_env env;
    struct kps_options options;
    if (n == 0 || !make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    kps_session_open(&session, hook->arena, &options, &env);
    kps_file_id file = kps_files_add(&session.diag.files, SV("docker"), text);
    (void)kps_symptom_answer(&session, file, symptoms, n);
    add_findings(hook, &session.ledger, needs_holder);
    kps_session_close(&session);
}

/* Answer the text of the failure. docker itself has said all about a value that it refuses. Return:
 * whether the text names a port error. */
static bool answer_error(struct hook *hook)
{
    struct kps_scan scan;
    kps_scan_begin(&scan, hook->arena);
    kps_scan_text(&scan, hook->request.command_error, true);
    uint32_t n = scan.symptoms.n;
    uint32_t n_kept = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (scan.symptoms.v[i].kind != KPS_SYMPTOM_REFUSED) {
            scan.symptoms.v[n_kept++] = scan.symptoms.v[i];
        }
    }
    answer_symptoms(hook, hook->request.command_error, scan.symptoms.v, n_kept, false);
    kps_scan_free(&scan);
    return n > 0;
}

/* Return: the symptom of a port that the engine did not publish. */
static struct kps_symptom refused_port(uint16_t first, uint16_t last, uint8_t protocol)
{
    return (struct kps_symptom){.kind = KPS_SYMPTOM_ENGINE_IN_USE,
                                .speaker = "the Docker Engine",
                                .first = first,
                                .last = last,
                                .protocol = (enum kps_protocol)protocol,
                                .line = 1};
}

/* Answer for the ports of -p: their holders now. */
static void answer_published(struct hook *hook)
{
    uint32_t most = hook->command.publishes.n;
    struct kps_symptom *symptoms = KPS_NEW_N(hook->arena, struct kps_symptom, most + 1);
    uint32_t n = 0;
    for (uint32_t i = 0; i < most; i++) {
        struct kps_sv words =
            kps_docker_command_host_side(hook->arena, hook->command.publishes.v[i]);
        struct kps_question question;
        struct kps_sv error = {"", 0};
        if (words.n == 0 || kps_port_argument_form(words) == KPS_PORT_FORM_NONE ||
            !kps_port_argument_parse(hook->arena, words, &question, &error)) {
            continue;
        }
        const struct kps_ports *ports = &question.ports;
        bool has_protocol = ports->protocol != KPS_PROTO_NONE;
        symptoms[n] =
            refused_port(ports->first, ports->last, has_protocol ? ports->protocol : KPS_TCP);
        symptoms[n].addrs[0] = ports->addr;
        symptoms[n].n_addrs = ports->addr.kind == KPS_ADDR_EVERY ? 0 : 1;
        n++;
    }
    answer_symptoms(hook, SV("docker\n"), symptoms, n, true);
}

/* Return whether the command names the container that a pending port belongs to. */
static bool is_started(const struct hook *hook, const struct kps_owner *owner)
{
    for (uint32_t i = 0; i < hook->command.names.n; i++) {
        struct kps_sv name = hook->command.names.v[i];
        const struct kps_container_facts *facts = kps_container_facts_of(owner);
        bool is_id = facts && name.n >= SHORT_ID && kps_sv_starts(facts->id, name);
        if (kps_sv_eq(owner->name, name) || is_id) {
            return true;
        }
    }
    return false;
}

/* Answer for containers started by name: the holders of their ports. */
static void answer_started(struct hook *hook)
{
    struct kps_env env;
    struct kps_options options;
    if (!make_options(hook, &env, &options)) {
        return;
    }
    struct kps_session session;
    struct kps_machine_question question = {.engine = true};
    kps_session_open(&session, hook->arena, &options, &env);
    (void)kps_session_ask(&session, &question);
    kps_ledger_link(&session.ledger);
    struct kps_port_uses uses = kps_port_uses_of(&session.ledger, hook->arena);
    struct kps_symptom *symptoms = KPS_NEW_N(hook->arena, struct kps_symptom, uses.n + 1);
    uint32_t n = 0;
    for (size_t i = 0; i < uses.n; i++) {
        const struct kps_port_use *use = &uses.v[i];
        const struct kps_owner *owner = kps_ledger_get_owner(&session.ledger, use->tenant);
        if (use->basis != KPS_PENDING || use->first == 0 || !is_started(hook, owner)) {
            continue;
        }
        symptoms[n] = refused_port(use->first, use->last, use->protocol);
        symptoms[n].named = KPS_SYMPTOM_CONTAINER;
        symptoms[n].name = kps_sv_copy(hook->arena, owner->name);
        n++;
    }
    kps_session_close(&session);
    answer_symptoms(hook, SV("docker\n"), symptoms, n, true);
}

/* Return whether the failure that was passed on leaves the reason open. */
static bool is_reason_open(const struct hook *hook)
{
    struct kps_sv error = hook->request.command_error;
    static const struct kps_sv empty_words[] = {SV_LIT("Code: 125"), SV_LIT("failed to start"),
                                                SV_LIT("exited with code 1")};
    for (size_t i = 0; i < KPS_COUNT(empty_words); i++) {
        if (kps_sv_search(error, empty_words[i]) < error.n) {
            return true;
        }
    }
    return false;
}

/* Answer by the failed command. */
static void answer_command(struct hook *hook)
{
    bool is_compose = kps_sv_starts(hook->request.root_command, SV("compose"));
    if (!hook->knows_command && is_compose && !hook->request.has_project_flag) {
        hook->command.verb = KPS_DOCKER_COMPOSE_START; /* the project of this folder */
    }
    switch (hook->command.verb) {
    case KPS_DOCKER_COMPOSE_START:
        answer_project(hook);
        break;
    case KPS_DOCKER_COMPOSE_RUN:
        if (hook->command.publishes_service) {
            answer_project(hook);
        } else {
            answer_published(hook);
        }
        break;
    case KPS_DOCKER_RUN:
        answer_published(hook);
        break;
    case KPS_DOCKER_START:
        answer_started(hook);
        break;
    case KPS_DOCKER_SWARM:
    case KPS_DOCKER_OTHER:
        break;
    }
}

int kps_hook(struct kps_arena *arena, struct kps_sv request)
{
    struct hook hook = {.arena = arena, .text = KPS_BUF(arena)};
    set_deadline();
    if (kps_hook_request_read(arena, request, &hook.request)) {
        read_parent(&hook);
        hook.plugin_call = plugin_words(&hook);
        if (!answer_error(&hook) && is_reason_open(&hook)) {
            answer_command(&hook);
        }
    }
    struct kps_sv answer = kps_hook_request_answer(arena, kps_buf_sv(&hook.text));
    (void)printf("%.*s\n", SV_ARG(answer));
    kps_docker_command_free(&hook.command);
    return 0;
}
