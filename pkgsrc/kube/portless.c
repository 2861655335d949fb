#include "kube/portless.h"

#include "base/buf.h"
#include "base/compiler.h"
#include "kube/api_version.h"

bool kps_portless_kind(struct kps_sv api_version, struct kps_sv kind)
{
    static const struct {
        const char *kinds, *group; /* NULL: the core group */
    } groups[] = {
        {"ConfigMap Secret ServiceAccount PersistentVolume PersistentVolumeClaim LimitRange "
         "ResourceQuota",
         NULL},
        {"CustomResourceDefinition", "apiextensions.k8s.io"},
        {"Role RoleBinding ClusterRole ClusterRoleBinding", "rbac.authorization.k8s.io"},
        {"NetworkPolicy Ingress IngressClass", "networking.k8s.io"},
        {"StorageClass CSIDriver", "storage.k8s.io"},
        {"PriorityClass", "scheduling.k8s.io"},
        {"PodDisruptionBudget", "policy"},
        {"ValidatingWebhookConfiguration MutatingWebhookConfiguration ValidatingAdmissionPolicy",
         "admissionregistration.k8s.io"},
        {"APIService", "apiregistration.k8s.io"},
        {"PrometheusRule ServiceMonitor", "monitoring.coreos.com"},
    };
    struct kps_sv group = kps_api_version_group(api_version);
    for (size_t i = 0; i < KPS_COUNT(groups); i++) {
        if (kps_sv_is_one_of(kind, groups[i].kinds)) {
            return api_version.n == 0 || (groups[i].group ? kps_sv_is(group, groups[i].group)
                                                          : kps_sv_is(api_version, "v1"));
        }
    }
    return false;
}

/* Return the line at *at, and move *at to the next one. */
static struct kps_sv next_line(struct kps_sv text, size_t *at)
{
    struct kps_sv rest = kps_sv_from(text, *at);
    size_t end = kps_sv_find(rest, '\n');
    *at += end + 1;
    return kps_sv_head(rest, end);
}

/* Return the plain word behind "key:"; empty for any other line. */
static struct kps_sv read_word(struct kps_sv line, struct kps_sv key)
{
    struct kps_sv nothing = {"", 0};
    if (!kps_sv_starts(line, key) || line.n <= key.n || line.p[key.n] != ':') {
        return nothing;
    }
    struct kps_sv value = kps_sv_from(line, key.n + 1);
    if (value.n == 0 || !kps_is_blank(value.p[0])) {
        return nothing;
    }
    value = kps_sv_trim(value);
    while (value.n && value.p[value.n - 1] == '\r') {
        value = kps_sv_trim(kps_sv_head(value, value.n - 1));
    }
    for (size_t i = 0; i < value.n; i++) {
        bool is_plain = kps_is_alpha(value.p[i]) || kps_is_digit(value.p[i]) || value.p[i] == '.' ||
                        value.p[i] == '/' || value.p[i] == '-';
        if (!is_plain) {
            return nothing;
        }
    }
    return value;
}

static bool is_bare_line(struct kps_sv line)
{
    struct kps_sv text = kps_sv_trim(line);
    return text.n == 0 || text.p[0] == '#' || (text.n == 1 && text.p[0] == '\r');
}

/* Read the first two keys. Return true when these are apiVersion and kind, in either order. */
static bool read_head(struct kps_sv document, size_t *at, struct kps_sv *api_version,
                      struct kps_sv *kind)
{
    *api_version = (struct kps_sv){"", 0};
    *kind = (struct kps_sv){"", 0};
    while (*at < document.n && (api_version->n == 0 || kind->n == 0)) {
        struct kps_sv line = next_line(document, at);
        if (is_bare_line(line)) {
            continue;
        }
        struct kps_sv version = read_word(line, SV("apiVersion"));
        struct kps_sv word = read_word(line, SV("kind"));
        if ((version.n == 0 || api_version->n) && (word.n == 0 || kind->n)) {
            return false;
        }
        *api_version = version.n ? version : *api_version;
        *kind = word.n ? word : *kind;
    }
    return api_version->n && kind->n;
}

/* Return true for a line at the left margin that may change the kind of the document: one of the
 * two keys again, or no plain key at all. */
static bool is_telling(struct kps_sv line)
{
    char c = line.n ? line.p[0] : ' ';
    if (kps_is_blank(c) || c == '#' || c == '\r' || c == '-') {
        return false;
    }
    return !kps_is_alpha(c) || kps_sv_starts_with_any(line, "kind apiVersion");
}

bool kps_portless_document(struct kps_sv document)
{
    size_t at = 0;
    struct kps_sv api_version;
    struct kps_sv kind;
    bool is_read = read_head(document, &at, &api_version, &kind);
    /* a class ranks the pods that are applied to a live cluster */
    if (!is_read || !kps_portless_kind(api_version, kind) || kps_sv_is(kind, "PriorityClass")) {
        return false;
    }
    while (at < document.n) {
        if (is_telling(next_line(document, &at))) {
            return false;
        }
    }
    return !kps_sv_has_any(document, "{{ kportscan");
}

bool kps_portless_is_data(struct kps_sv bytes)
{
    return kps_sv_contains(bytes, SV("kind: ConfigMap"));
}

uint32_t kps_portless_count(struct kps_sv bytes)
{
    uint32_t n = 0;
    size_t start = 0;
    for (size_t at = 0; at <= bytes.n;) {
        size_t from = at;
        struct kps_sv line = next_line(bytes, &at);
        bool is_end = at > bytes.n;
        if (!is_end && !kps_sv_has_head(line, "---")) {
            continue;
        }
        struct kps_sv document = kps_sv_slice(bytes, start, is_end ? bytes.n : from);
        bool is_empty = true;
        for (size_t i = 0; i < document.n && is_empty;) {
            is_empty = is_bare_line(next_line(document, &i));
        }
        if ((!is_empty && !kps_portless_document(document)) ||
            (!is_end && !is_bare_line(kps_sv_from(line, 3)))) {
            return 0;
        }
        n += is_empty ? 0 : 1;
        start = at;
    }
    return n;
}

/* Return where the head of a document ends that is reduced to it; document.n: it stays whole. */
static size_t find_head_end(struct kps_sv document)
{
    size_t at = 0;
    struct kps_sv api_version;
    struct kps_sv kind;
    if (!kps_portless_document(document) || kps_portless_is_data(document)) {
        return document.n;
    }
    (void)read_head(document, &at, &api_version, &kind);
    return at < document.n ? at : document.n;
}

static void add_line_breaks(struct kps_buf *out, struct kps_sv text)
{
    static const struct kps_sv breaks = SV_LIT("\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n"
                                               "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n");
    size_t n = 0;
    for (size_t i = 0; i < text.n; i++) {
        n += text.p[i] == '\n';
    }
    for (; n > breaks.n; n -= breaks.n) {
        kps_buf_add(out, breaks);
    }
    kps_buf_add(out, kps_sv_head(breaks, n));
}

struct kps_sv kps_portless_shrink(struct kps_arena *arena, struct kps_sv bytes)
{
    struct kps_buf *out = kps_buf_new(arena);
    size_t done = 0; /* the bytes up to here are in `out`, as far as they stay */
    size_t start = 0;
    for (size_t at = 0; at <= bytes.n;) {
        size_t from = at;
        struct kps_sv line = next_line(bytes, &at);
        bool is_end = at > bytes.n;
        if (is_end || kps_sv_has_head(line, "---")) {
            size_t to = is_end ? bytes.n : from;
            size_t head = start + find_head_end(kps_sv_slice(bytes, start, to));
            if (head < to) {
                kps_buf_add(out, kps_sv_slice(bytes, done, head));
                add_line_breaks(out, kps_sv_slice(bytes, head, to));
                done = to;
            }
            start = at;
        }
    }
    if (done == 0) {
        return bytes;
    }
    kps_buf_add(out, kps_sv_from(bytes, done));
    return kps_buf_sv(out);
}
