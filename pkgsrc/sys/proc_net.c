#include "sys/proc_net.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/close.h"
#include "base/retry.h"

enum {
    COLUMNS = 10, /* up to the inode */
    /* A line has up to 150 bytes (tcp6: 185); what has no line break in this many bytes is no such
       file. */
    PIECE_BYTES = 64 * 1024,
};

/* The next word of a line, blanks skipped; empty at the end. */
static struct kps_sv next_word(struct kps_sv *line)
{
    size_t start = 0;
    while (start < line->n && kps_is_blank(line->p[start])) {
        start++;
    }
    size_t end = start;
    while (end < line->n && !kps_is_blank(line->p[end])) {
        end++;
    }
    struct kps_sv word = kps_sv_slice(*line, start, end);
    *line = kps_sv_from(*line, end);
    return word;
}

/* All of `s` as a hexadecimal number of at most 8 digits. */
static bool read_hex(struct kps_sv s, uint32_t *ret)
{
    uint32_t value = 0;
    if (s.n == 0 || s.n > 8) {
        return false;
    }
    for (size_t i = 0; i < s.n; i++) {
        unsigned digit = kps_sv_digit_value(s.p[i]);
        if (digit >= 16) {
            return false;
        }
        value = value << 4 | digit;
    }
    *ret = value;
    return true;
}

static bool read_u32(struct kps_sv s, uint32_t *ret)
{
    int64_t value = kps_sv_number(s, UINT32_MAX);
    *ret = (uint32_t)value;
    return value >= 0;
}

/* "0100007F:1F90", or with 32 digits for IPv6. */
static bool read_endpoint(struct kps_sv word, bool is_v6, uint8_t bytes[16], uint16_t *ret_port)
{
    size_t digits = is_v6 ? 32 : 8;
    uint32_t port = 0;
    if (word.n != digits + 5 || word.p[digits] != ':' ||
        !read_hex(kps_sv_from(word, digits + 1), &port)) {
        return false;
    }
    for (size_t at = 0; at < digits; at += 8) {
        uint32_t quad = 0;
        if (!read_hex(kps_sv_slice(word, at, at + 8), &quad)) {
            return false;
        }
        memcpy(bytes + at / 2, &quad, sizeof(quad));
    }
    *ret_port = (uint16_t)port;
    return true;
}

/* "03:000017A2": which timer runs, and for how many ticks. Only that of a closed connection says
 * when the port is free.
 */
static uint32_t left_ms_of(struct kps_sv word, unsigned ticks_per_second)
{
    uint32_t kind = 0;
    uint32_t ticks = 0;
    size_t colon = kps_sv_find(word, ':');
    if (!read_hex(kps_sv_head(word, colon), &kind) ||
        !read_hex(kps_sv_from(word, colon + 1), &ticks) || kind != 3 || ticks_per_second == 0) {
        return 0;
    }
    uint64_t ms = (uint64_t)ticks * 1000 / ticks_per_second;
    return ms < UINT32_MAX ? (uint32_t)ms : UINT32_MAX;
}

static bool read_line(const struct kps_proc_net *parse, struct kps_sv line, struct kps_socket *ret)
{
    struct kps_sv words[COLUMNS];
    for (size_t i = 0; i < COLUMNS; i++) {
        words[i] = next_word(&line);
    }
    uint8_t local[16] = {0};
    uint8_t peer[16] = {0};
    struct kps_socket row = {.protocol = (uint8_t)parse->protocol};
    uint32_t state = 0;
    if (!read_endpoint(words[1], parse->is_v6, local, &row.port) ||
        !read_endpoint(words[2], parse->is_v6, peer, &row.peer_port) ||
        !read_hex(words[3], &state) || state < KPS_SOCKET_ESTABLISHED || state > KPS_SOCKET_BOUND ||
        !read_u32(words[7], &row.uid) || !read_u32(words[9], &row.inode)) {
        return false;
    }
    row.addr = kps_socket_addr(parse->is_v6, local, true);
    row.peer = kps_socket_addr(parse->is_v6, peer, false);
    row.state = (uint8_t)(state == KPS_SOCKET_CLOSE ? KPS_SOCKET_BOUND : state);
    row.left_ms = row.inode == 0 ? left_ms_of(words[5], parse->ticks_per_second) : 0;
    if (row.addr.kind == KPS_ADDR_EVERY) {
        row.flags |= KPS_SOCKET_V6ONLY_UNKNOWN;
    }
    if (row.addr.kind == KPS_ADDR_ONE6 && row.state != KPS_SOCKET_LISTEN &&
        row.state != KPS_SOCKET_BOUND) {
        row.flags |= KPS_SOCKET_SHADOWS_ANY4;
    }
    *ret = row;
    return true;
}

/* Report if rows of this state are wanted; netlink filters in the kernel. */
static bool is_wanted(const struct kps_proc_net *parse, const struct kps_socket *row)
{
    bool holds = row->state == KPS_SOCKET_LISTEN || row->state == KPS_SOCKET_BOUND ||
                 row->protocol == KPS_UDP;
    return row->port != 0 && (holds || parse->query->connections) &&
           kps_socket_query_has(parse->query, row->port);
}

size_t kps_proc_net_take(struct kps_proc_net *parse, struct kps_sv piece)
{
    size_t used = 0;
    for (;;) {
        struct kps_sv rest = kps_sv_from(piece, used);
        size_t end = kps_sv_find(rest, '\n');
        if (end == rest.n) {
            return used;
        }
        struct kps_sv line = kps_sv_head(rest, end);
        struct kps_socket row;
        used += end + 1;
        bool is_heading = parse->lines++ == 0;
        if (is_heading) {
            continue;
        }
        if (!read_line(parse, line, &row)) {
            parse->bad_lines++;
        } else if (is_wanted(parse, &row)) {
            *kps_vec_push(&parse->into->rows) = row;
        }
    }
}

int kps_proc_net_read(const struct kps_sys *sys, const char *dir, const char *name,
                      struct kps_proc_net *parse)
{
    char path[64];
    char buf[PIECE_BYTES];
    size_t kept = 0;
    (void)snprintf(path, sizeof(path), "%s/%s", dir, name);
    int fd KPS_CLEANUP(kps_close_fd) =
        openat(sys->root_fd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0) {
        return errno;
    }
    for (;;) {
        ssize_t got = kps_retry_read(fd, buf + kept, sizeof(buf) - kept);
        if (got < 0) {
            return errno;
        }
        if (got == 0) {
            break;
        }
        size_t n = kept + (size_t)got;
        size_t used = kps_proc_net_take(parse, (struct kps_sv){buf, n});
        kept = n - used;
        if (kept == sizeof(buf)) {
            return EBADMSG;
        }
        memmove(buf, buf + used, kept);
    }
    /* A valid file has a heading at least, and readable lines. */
    return parse->lines == 0 || (parse->bad_lines > 0 && parse->bad_lines + 1 == parse->lines)
               ? EBADMSG
               : 0;
}
