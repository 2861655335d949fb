#include "base/compiler.h"
#include "kube/collect.h"
#include "model/ports.h"

/* A top-level key of block YAML: at the start of a line, maybe in quotes. */
static bool line_has_key(struct kps_sv line, struct kps_sv key)
{
    char quote = line.n && (line.p[0] == '"' || line.p[0] == '\'') ? line.p[0] : '\0';
    line = kps_sv_from(line, quote ? 1 : 0);
    if (!kps_sv_starts(line, key)) {
        return false;
    }
    line = kps_sv_from(line, key.n);
    if (quote && (line.n == 0 || line.p[0] != quote)) {
        return false;
    }
    line = kps_sv_trim(kps_sv_from(line, quote ? 1 : 0));
    return line.n > 0 && line.p[0] == ':';
}

/* Which of the telling keys stand at the top level of a document. */
struct top {
    bool version, kind, services;
};

static bool is_manifest(const struct top *top)
{
    return top->version && top->kind && !top->services;
}

static void note_key(struct top *top, struct kps_sv key)
{
    top->version = top->version || kps_sv_is(key, "apiVersion");
    top->kind = top->kind || kps_sv_is(key, "kind");
    top->services = top->services || kps_sv_is(key, "services");
}

/* "{{" begins a template action, as most templates of a chart do, and nothing that people write as
 * YAML. */
static bool is_flow(struct kps_sv bytes)
{
    for (size_t i = 0; i < bytes.n; i++) {
        if (bytes.p[i] != ' ' && bytes.p[i] != '\t' && bytes.p[i] != '\r' && bytes.p[i] != '\n') {
            return bytes.p[i] == '{' && !kps_sv_has_head(kps_sv_from(bytes, i), "{{");
        }
    }
    return false;
}

/* Return the word that ends before `end`: the key of a ':' there. */
static struct kps_sv key_before(struct kps_sv bytes, size_t end)
{
    while (end > 0 && (kps_is_blank(bytes.p[end - 1]) || bytes.p[end - 1] == '"' ||
                       bytes.p[end - 1] == '\'')) {
        end--;
    }
    size_t from = end;
    while (from > 0 && (kps_is_alpha(bytes.p[from - 1]) || kps_is_digit(bytes.p[from - 1]))) {
        from--;
    }
    return kps_sv_slice(bytes, from, end);
}

/* The keys of a JSON object or flow mapping, until its end. */
static struct top scan_flow(struct kps_sv bytes)
{
    struct top top = {false, false, false};
    size_t depth = 0;
    bool quoted = false;
    for (size_t i = 0; i < bytes.n; i++) {
        char c = bytes.p[i];
        if (c == '"' || (quoted && c == '\\')) {
            quoted = c == '"' ? !quoted : quoted;
            i += c == '\\' ? 1 : 0;
        } else if (quoted) {
            continue;
        } else if (c == '{' || c == '[') {
            depth++;
        } else if ((c == '}' || c == ']') && --depth == 0) {
            break;
        } else if (c == ':' && depth == 1) {
            struct kps_sv key = key_before(bytes, i);
            note_key(&top, key);
            if (top.version && kps_sv_is(key, "items")) {
                top.kind = true; /* kubectl prints the kind of a list behind its items */
                break;
            }
        }
    }
    return top;
}

bool kps_kube_looks_like(struct kps_sv bytes)
{
    static const struct kps_sv keys[] = {SV_LIT("apiVersion"), SV_LIT("kind"), SV_LIT("services")};
    struct top top = {false, false, false};
    bytes = kps_sv_has_head(bytes, "\xef\xbb\xbf") ? kps_sv_from(bytes, 3) : bytes;
    if (is_flow(bytes)) {
        top = scan_flow(bytes);
        return is_manifest(&top);
    }
    while (bytes.n) {
        size_t end = kps_sv_find(bytes, '\n');
        struct kps_sv line = kps_sv_head(bytes, end);
        bytes = kps_sv_from(bytes, end + 1);
        if (kps_sv_has_head(line, "---")) {
            if (is_manifest(&top)) {
                return true;
            }
            top = is_flow(bytes) ? scan_flow(bytes) : (struct top){false, false, false};
        }
        for (size_t i = 0; i < KPS_COUNT(keys); i++) {
            if (line_has_key(line, keys[i])) {
                note_key(&top, keys[i]);
            }
        }
    }
    return is_manifest(&top);
}

bool kps_kube_version_parse(struct kps_sv text, struct kps_kube_options *options)
{
    text = kps_sv_has_head(text, "v") ? kps_sv_from(text, 1) : text;
    size_t dot = kps_sv_find(text, '.');
    struct kps_sv rest = kps_sv_from(text, dot + 1);
    size_t end = 0;
    while (end < rest.n && kps_is_digit(rest.p[end])) {
        end++;
    }
    bool tail = end == rest.n || rest.p[end] == '.' || rest.p[end] == '+' || rest.p[end] == '-';
    int64_t major = kps_sv_number(kps_sv_head(text, dot), 99);
    int64_t minor = kps_sv_number(kps_sv_head(rest, end), 999);
    if (!tail || major < 0 || minor < 0) {
        return false;
    }
    options->version_major = (uint16_t)major;
    options->version_minor = (uint16_t)minor;
    return true;
}

bool kps_kube_range_parse(struct kps_sv text, struct kps_kube_options *options)
{
    struct kps_port_range range;
    if (kps_sv_find(text, '-') == text.n || !kps_port_range_parse(text, '-', &range) ||
        range.first == 0) {
        return false;
    }
    options->node_port_first = range.first;
    options->node_port_last = range.last;
    return true;
}
