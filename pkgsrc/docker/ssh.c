#include "docker/ssh.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "base/buf.h"
#include "base/limits.h"
#include "base/shell.h"
#include "base/utf8.h"

enum {
    /* Text before the first answer that is no table: a start-up file that prints (spec §3). */
    MOST_NOISE = 4096,
    MOST_QUOTED = 200, /* bytes of foreign text in a message */
    ENDING_MS = 1000,  /* for ssh to end once its output has ended */
    NOT_FOUND = 127,   /* the shell there did not find the command */
    OF_SSH = 255,      /* ssh itself failed */
};

/* Decode %XX. Return: false when an escape is none. */
static bool decode_escapes(struct kps_arena *arena, struct kps_sv text, struct kps_sv *ret)
{
    struct kps_buf *out = kps_buf_new(arena);
    for (size_t i = 0; i < text.n; i++) {
        char c = text.p[i];
        if (c == '%') {
            unsigned high = i + 2 < text.n ? kps_sv_digit_value(text.p[i + 1]) : 36;
            unsigned low = i + 2 < text.n ? kps_sv_digit_value(text.p[i + 2]) : 36;
            if (high >= 16 || low >= 16) {
                return false;
            }
            c = (char)(high * 16 + low);
            i += 2;
        }
        kps_buf_char(out, c);
    }
    *ret = kps_buf_sv(out);
    return true;
}

static bool has_control(struct kps_sv text)
{
    for (size_t i = 0; i < text.n; i++) {
        if ((unsigned char)text.p[i] < 0x20 || text.p[i] == 0x7f) {
            return true;
        }
    }
    return false;
}

/* Report if ssh takes the word as it is: no option, no blank, no control byte. */
static bool is_plain_word(struct kps_sv word)
{
    return !kps_sv_has_head(word, "-") && !has_control(word) && kps_sv_find(word, ' ') == word.n;
}

bool kps_ssh_split_host(struct kps_sv authority, struct kps_sv *ret_host, struct kps_sv *ret_port)
{
    bool is_v6 = kps_sv_has_head(authority, "[");
    size_t end = is_v6 ? kps_sv_find(authority, ']') + 1 : kps_sv_find(authority, ':');
    if (end > authority.n || (end < authority.n && authority.p[end] != ':')) {
        return false;
    }
    *ret_host = kps_sv_head(authority, end);
    *ret_port = kps_sv_from(authority, end + 1);
    return true;
}

static struct kps_sv without_brackets(struct kps_sv host)
{
    return kps_sv_has_head(host, "[") ? kps_sv_slice(host, 1, host.n - 1) : host;
}

bool kps_ssh_parse(struct kps_arena *arena, struct kps_sv rest, struct kps_ssh_address *ret,
                   struct kps_sv *ret_why)
{
    struct kps_sv authority = kps_sv_before(rest, '/');
    struct kps_sv path = kps_sv_from(rest, authority.n);
    size_t at = kps_sv_rfind(authority, '@');
    struct kps_sv user = at < authority.n ? kps_sv_head(authority, at) : SV("");
    struct kps_sv place = at < authority.n ? kps_sv_from(authority, at + 1) : authority;
    struct kps_sv host = SV("");
    struct kps_sv port = SV("");
    unsigned long long number = 0;
    *ret = (struct kps_ssh_address){.port = 0};
    *ret_why = SV("");
    if (kps_sv_find(user, ':') < user.n) {
        *ret_why = SV("a password in the URL is not supported, neither by docker");
    } else if (kps_sv_find(rest, '?') < rest.n) {
        *ret_why = SV("a query ('?') is not allowed in an ssh URL");
    } else if (kps_sv_find(rest, '#') < rest.n) {
        *ret_why = SV("a fragment ('#') is not allowed in an ssh URL");
    } else if (!kps_ssh_split_host(place, &host, &port) ||
               !decode_escapes(arena, user, &ret->user) ||
               !decode_escapes(arena, without_brackets(host), &ret->host) ||
               !decode_escapes(arena, path, &ret->path)) {
        *ret_why = SV("it is no URL");
    } else if (ret->host.n == 0) {
        *ret_why = SV("it names no host");
    } else if (has_control(ret->user) || has_control(ret->host) || has_control(ret->path)) {
        *ret_why = SV("it has control characters");
    } else if (!is_plain_word(ret->host)) {
        *ret_why = SV("its host begins with '-' or has a blank");
    } else if (!is_plain_word(ret->user)) {
        *ret_why = SV("its user begins with '-' or has a blank");
    } else if (port.n && (!kps_sv_u64(port, UINT16_MAX, &number) || number == 0)) {
        *ret_why = SV("its port is no number from 1 to 65535");
    }
    ret->port = (uint16_t)number;
    size_t n_slashes = 0;
    while (n_slashes < ret->path.n && ret->path.p[n_slashes] == '/') {
        n_slashes++;
    }
    ret->path.n = n_slashes < ret->path.n ? ret->path.n : 0; /* as docker: "/" is no path */
    return ret_why->n == 0;
}

struct kps_sv kps_ssh_login(struct kps_arena *arena, const struct kps_ssh_address *address)
{
    struct kps_sv at = address->user.n ? SV("@") : SV("");
    struct kps_sv whole =
        kps_fmt(arena, "%.*s%.*s%.*s", SV_ARG(address->user), SV_ARG(at), SV_ARG(address->host));
    whole = kps_shell_quote(arena, whole);
    return address->port ? kps_fmt(arena, "-p %u %.*s", address->port, SV_ARG(whole)) : whole;
}

/* Write the command for the shell of the other machine. */
static struct kps_sv write_command(struct kps_arena *arena, const struct kps_ssh *ssh)
{
    struct kps_buf *out = kps_buf_new(arena);
    if (ssh->mark.n) {
        kps_buf_fmt(out,
                    "cat /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6; echo %.*s; "
                    "exec ",
                    SV_ARG(ssh->mark));
    }
    kps_buf_text(out, "docker ");
    if (ssh->address->path.n) {
        kps_buf_text(out, "'--host=unix://");
        for (size_t i = 0; i < ssh->address->path.n; i++) {
            char c = ssh->address->path.p[i];
            if (c == '\'') {
                kps_buf_text(out, "'\\''");
            } else {
                kps_buf_char(out, c);
            }
        }
        kps_buf_text(out, "' ");
    }
    kps_buf_text(out, "system dial-stdio");
    return kps_buf_sv(out);
}

int kps_ssh_start(struct kps_arena *arena, const struct kps_ssh_address *address,
                  const struct kps_ssh_options *options, struct kps_ssh *ret)
{
    *ret = (struct kps_ssh){.address = address, .child = {.in = -1, .out = -1, .err = -1}};
    uint64_t number = 0;
    if (options->tables && getrandom(&number, sizeof(number), 0) == sizeof(number)) {
        ret->mark = kps_fmt(arena, "kportscan-%016llx", (unsigned long long)number);
    }
    const char *argv[16] = {"ssh"};
    size_t n = 1;
    if (!options->may_prompt) {
        argv[n++] = "-o";
        argv[n++] = "BatchMode=yes";
    }
    argv[n++] = "-o";
    uint32_t seconds = (options->timeout_ms + 999) / 1000;
    argv[n++] = kps_fmt(arena, "ConnectTimeout=%u", seconds ? seconds : 1).p; /* 0: for ever */
    argv[n++] = "-T";
    if (address->user.n) {
        argv[n++] = "-l";
        argv[n++] = address->user.p;
    }
    if (address->port) {
        argv[n++] = "-p";
        argv[n++] = kps_fmt(arena, "%u", address->port).p;
    }
    argv[n++] = "--";
    argv[n++] = address->host.p;
    argv[n++] = write_command(arena, ret).p;
    unsigned flags = KPS_CHILD_SOCKET | (options->may_prompt ? KPS_CHILD_TERMINAL : 0);
    return kps_child_start(argv, flags, &ret->child);
}

void kps_ssh_end(struct kps_ssh *ssh)
{
    kps_child_end(&ssh->child);
}

/* Clip foreign text and make its control bytes visible. */
static struct kps_sv quote_text(struct kps_arena *arena, struct kps_sv text)
{
    return kps_utf8_escape(arena, kps_sv_copy(arena, kps_sv_head(text, MOST_QUOTED)));
}

/* The state of reading the text before the first answer. */
struct preface {
    struct kps_ssh *ssh;
    struct kps_buf text; /* all of it so far */
    size_t line;         /* where the next line starts in it */
    size_t first, last;  /* the tables in it */
    size_t n_noise;      /* bytes of lines that are neither tables nor mark */
    bool is_table, is_over;
};

/* Take the next line; the answer begins with "HTTP/1.". Return: false when it is not whole yet. */
static bool take_line(struct kps_arena *arena, struct preface *preface)
{
    struct kps_ssh *ssh = preface->ssh;
    struct kps_sv rest =
        kps_sv_from((struct kps_sv){preface->text.p, preface->text.n}, preface->line);
    if (kps_sv_has_head(rest, "HTTP/1.")) {
        preface->is_over = true;
        return false;
    }
    size_t end = kps_sv_find(rest, '\n');
    struct kps_sv line = kps_sv_head(rest, end);
    line.n -= kps_sv_has_tail(line, "\r");
    bool is_mark = ssh->mark.n && kps_sv_eq(line, ssh->mark);
    bool is_heading = ssh->mark.n && kps_sv_contains(line, SV(" local_address "));
    if (!preface->is_table && !is_mark && !is_heading) {
        size_t n = end < rest.n ? end + 1 : end;
        ssh->is_noisy = preface->n_noise + n > MOST_NOISE;
        if (end < rest.n || ssh->is_noisy) {
            preface->n_noise += n;
            ssh->noise = ssh->noise.n ? ssh->noise : quote_text(arena, kps_sv_trim(line));
        }
    }
    if (end == rest.n) {
        ssh->is_noisy |= rest.n > MOST_NOISE;
        return false;
    }
    if (is_heading && !preface->is_table) {
        preface->is_table = true;
        preface->first = preface->line;
    }
    if (is_mark) {
        preface->last = preface->is_table ? preface->line : 0;
        preface->is_table = false;
    }
    preface->line += end + 1;
    return true;
}

void kps_ssh_skip_preface(struct kps_arena *arena, struct kps_ssh *ssh, struct kps_http *http)
{
    struct preface preface = {.ssh = ssh, .text = KPS_BUF(arena)};
    struct kps_sv bytes;
    while (!preface.is_over && !ssh->is_noisy && kps_http_read(http, &bytes) == 0) {
        kps_buf_add(&preface.text, bytes);
        while (take_line(arena, &preface)) {
        }
        ssh->is_noisy |= preface.text.n > KPS_LIMIT_HOST_TABLES;
    }
    struct kps_sv all = kps_buf_sv(&preface.text);
    ssh->tables = kps_sv_slice(all, preface.first, preface.last);
    kps_http_unread(http, preface.is_over ? kps_sv_from(all, preface.line) : SV(""));
}

/* Explain the exit code of ssh by its last line, which may be empty. */
static struct kps_http_reply explain_end(struct kps_arena *arena, int code, struct kps_sv line,
                                         const struct kps_ssh_address *address,
                                         struct kps_sv *ret_advice)
{
    bool is_denied = kps_sv_contains(line, SV("ermission denied"));
    struct kps_http_reply why = {.result = is_denied ? KPS_HTTP_DENIED : KPS_HTTP_REFUSED,
                                 .words = line};
    if (code == NOT_FOUND) {
        why.words =
            kps_fmt(arena, "docker is not found there%s%.*s", line.n ? ": " : "", SV_ARG(line));
        *ret_advice = SV("install docker's client there, in the PATH of a shell without a login");
    } else if (code == OF_SSH && kps_sv_contains(line, SV("has changed"))) {
        *ret_advice = SV("ask whoever runs that machine why its key changed, before you trust the "
                         "new key");
    } else if (code == OF_SSH) {
        *ret_advice = kps_fmt(arena, "`ssh %s true` must work without a question",
                              kps_ssh_login(arena, address).p);
    } else if (is_denied) {
        *ret_advice = SV("log in there as a user who may use the engine, such as a member of its "
                         "group docker");
    }
    if (!why.words.n) {
        why.words =
            code == OF_SSH
                ? SV("ssh failed without a message")
                : kps_fmt(arena, "the command there ended without an answer, exit code %d", code);
    }
    return why;
}

struct kps_http_reply kps_ssh_explain(struct kps_arena *arena, struct kps_ssh *ssh,
                                      const struct kps_http_reply *reply, struct kps_sv *ret_advice)
{
    bool is_late = reply->result == KPS_HTTP_TIMEOUT;
    bool has_ended = !is_late && !ssh->is_noisy && kps_child_wait(&ssh->child, ENDING_MS);
    struct kps_sv line = kps_child_last_line(arena, &ssh->child, SV("has changed"));
    line = line.n ? line : kps_child_last_line(arena, &ssh->child, SV(""));
    line = quote_text(arena, line);
    int status = ssh->child.status;
    if (has_ended && WIFEXITED(status) && WEXITSTATUS(status)) {
        return explain_end(arena, WEXITSTATUS(status), line, ssh->address, ret_advice);
    }
    if (ssh->noise.n || ssh->is_noisy) {
        *ret_advice = SV("its start-up file must be silent for commands; docker fails there too");
        return (struct kps_http_reply){
            .result = KPS_HTTP_BROKEN,
            .words = kps_fmt(arena, "the shell there prints '%.*s' before the answer",
                             SV_ARG(ssh->noise))};
    }
    *ret_advice = is_late ? SV("--timeout SECONDS gives it longer") : SV("");
    return (struct kps_http_reply){.result = reply->result,
                                   .words = kps_fmt(arena, "%.*s%s%.*s", SV_ARG(reply->words),
                                                    line.n ? ": " : "", SV_ARG(line))};
}
