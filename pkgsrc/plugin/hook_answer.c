#include "plugin/hook_answer.h"

#include "base/shell.h"
#include "base/utf8.h"
#include "model/ports.h"

enum { MOST_NAMES = 3 };

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
static void add_line(struct kps_hook_answer *answer, struct kps_sv words)
{
    struct kps_sv line =
        cut_line(answer->arena, kps_utf8_escape(answer->arena, words), KPS_HOOK_LINE_BYTES);
    kps_buf_fmt(answer->text, "%s%.*s", answer->n_lines ? "\n" : "", SV_ARG(line));
    answer->n_lines++;
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
    struct kps_buf *names = kps_buf_new(arena);
    unsigned n = 0;
    for (uint32_t i = 0; i < finding->n_parties; i++) {
        const struct kps_party *party = &finding->parties[i];
        struct kps_sv name = party->owner
                                 ? kps_owner_name(kps_ledger_get_owner(ledger, party->owner))
                                 : (struct kps_sv){"", 0};
        if (party->role != KPS_ROLE_HOLDER && name.n && n < MOST_NAMES) {
            kps_buf_fmt(names, "%s%.*s", n++ ? " and " : "", SV_ARG(name));
        }
    }
    return n > 1 ? kps_buf_sv(names) : (struct kps_sv){"", 0};
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
        return kps_fmt(arena, "port%s %s is held by %.*s%.*s",
                       finding->last > finding->first ? "s" : "", port_words(arena, finding).p,
                       SV_ARG(holder), SV_ARG(more));
    }
    struct kps_sv names = party_names(arena, ledger, finding);
    return kps_fmt(arena, "%.*s%s%.*s", SV_ARG(finding->message), names.n ? ": " : "",
                   SV_ARG(names));
}

/* Return: a command as a user of docker types it: kportscan is called as a plugin. */
static struct kps_sv command_words(const struct kps_hook_answer *answer, struct kps_sv command)
{
    struct kps_sv own = SV("kportscan");
    struct kps_sv rest = kps_sv_from(command, own.n);
    return kps_sv_starts(command, own) && kps_sv_has_head(rest, " ")
               ? kps_fmt(answer->arena, "%.*s%.*s", SV_ARG(answer->plugin_call), SV_ARG(rest))
               : command;
}

/*
 * Return: the line with the first help of a finding; empty: there is none, or its command is too
 * long. A command stands whole or not at all: half of one would do something else. Its effect may
 * be left out, but no removal without its warning.
 */
static struct kps_sv help_words(const struct kps_hook_answer *answer,
                                const struct kps_finding *finding)
{
    if (finding->n_helps == 0) {
        return (struct kps_sv){"", 0};
    }
    const struct kps_help *help = &finding->helps[0];
    struct kps_sv command = command_words(answer, help->command);
    struct kps_sv line =
        kps_finding_help_words(answer->arena, &(struct kps_help){help->text, command});
    if (!command.n || line.n <= KPS_HOOK_LINE_BYTES) {
        return line;
    }
    bool removes = kps_sv_contains(command, SV("rm "));
    return removes || command.n > KPS_HOOK_LINE_BYTES ? (struct kps_sv){"", 0} : command;
}

/* Add the lines of a finding: the answer, then what to type. */
static void add_finding(struct kps_hook_answer *answer, const struct kps_ledger *ledger,
                        const struct kps_finding *finding)
{
    if (answer->n_ports++ == 0) {
        answer->first_port = port_words(answer->arena, finding);
    }
    add_line(answer, answer_words(answer->arena, ledger, finding));
    struct kps_sv help = help_words(answer, finding);
    if (help.n) {
        add_line(answer, help);
    }
}

/* Return whether the hook has a line for the finding: an error about ports. */
static bool is_told(const struct kps_finding *finding, bool needs_holder)
{
    bool has_holder = false;
    for (uint32_t k = 0; k < finding->n_parties; k++) {
        has_holder |= finding->parties[k].role == KPS_ROLE_HOLDER;
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
        kps_buf_fmt(out, " %s %s", option, kps_shell_quote(out->arena, values[i]).p);
    }
}

/* Return: the options " -f FILE ..." by which kportscan reads the project that was started. */
static struct kps_sv project_words(const struct kps_hook_answer *answer)
{
    const struct kps_docker_command *command = answer->command;
    struct kps_buf *words = kps_buf_new(answer->arena);
    add_words(words, "-f", command->files.v, command->files.n);
    add_words(words, "--profile", command->profiles.v, command->profiles.n);
    add_words(words, "--env-file", command->env_files.v, command->env_files.n);
    add_words(words, "--project-directory", &command->project_directory,
              command->project_directory.n > 0);
    return kps_buf_sv(words);
}

/* Return: "docker kportscan", with the flags that name the engine. */
static struct kps_sv plugin_words(const struct kps_hook_answer *answer)
{
    struct kps_buf *words = kps_buf_new(answer->arena);
    kps_buf_text(words, "docker");
    add_words(words, "--config", &answer->command->config, answer->command->config.n > 0);
    add_words(words, "-H", &answer->command->host, answer->command->host.n > 0);
    add_words(words, "--context", &answer->command->context, answer->command->context.n > 0);
    kps_buf_text(words, " kportscan");
    return kps_buf_sv(words);
}

void kps_hook_answer_add(struct kps_hook_answer *answer, const struct kps_ledger *ledger,
                         bool needs_holder)
{
    const struct kps_diag *diag = ledger->diag;
    uint32_t n_more = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        if (!is_told(diag->findings.v[i], needs_holder) || is_told_before(diag, i, needs_holder)) {
            continue;
        }
        if (answer->n_ports == KPS_HOOK_PORTS) {
            n_more++;
        } else {
            add_finding(answer, ledger, diag->findings.v[i]);
        }
    }
    if (n_more) {
        add_line(answer, kps_fmt(answer->arena, "%.*s%s (for %u more)", SV_ARG(answer->plugin_call),
                                 project_words(answer).p, n_more));
    } else if (answer->n_lines) {
        add_line(answer,
                 kps_fmt(answer->arena, "%.*s%s%.*s (more about it)", SV_ARG(answer->plugin_call),
                         answer->first_port.n ? " " : "", SV_ARG(answer->first_port)));
    }
}

void kps_hook_answer_drop_others(struct kps_diag *diag)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (is_about_ports(finding->rule)) {
            diag->findings.v[kept++] = finding;
        }
    }
    diag->findings.n = kept;
}

struct kps_hook_answer kps_hook_answer_of(struct kps_arena *arena,
                                          const struct kps_docker_command *command)
{
    struct kps_hook_answer answer = {
        .arena = arena, .command = command, .text = kps_buf_new(arena)};
    answer.plugin_call = plugin_words(&answer);
    return answer;
}
