#include "inputs/ignore.h"

#include "base/path.h"

/* Bounds: bytes of a .gitignore, patterns in force, and steps of a comparison. */
enum { MOST_BYTES = 1024 * 1024, MOST_RULES = 20 * 1000, MOST_STEPS = 20 * 1000 };

struct matching {
    unsigned steps;
};

/* The length of a class "[a-z]" at the front; 0: the bracket stands for itself. */
static size_t class_length(struct kps_sv pattern)
{
    size_t i = 1;
    i += i < pattern.n && (pattern.p[i] == '!' || pattern.p[i] == '^') ? 1 : 0;
    i += i < pattern.n && pattern.p[i] == ']' ? 1 : 0;
    while (i < pattern.n && pattern.p[i] != ']') {
        i++;
    }
    return i < pattern.n ? i + 1 : 0;
}

static bool meets_class(struct kps_sv inner, char c)
{
    bool negated = inner.n && (inner.p[0] == '!' || inner.p[0] == '^');
    bool found = false;
    for (size_t i = negated ? 1 : 0; i < inner.n; i++) {
        if (i + 2 < inner.n && inner.p[i + 1] == '-') {
            found |= c >= inner.p[i] && c <= inner.p[i + 2];
            i += 2;
        } else {
            found |= inner.p[i] == c;
        }
    }
    return found != negated && c != '/';
}

static bool match_from(struct matching *m, struct kps_sv pattern, struct kps_sv path);

static bool match_star(struct matching *m, struct kps_sv pattern, struct kps_sv path)
{
    bool crosses = kps_sv_has_head(pattern, "**");
    struct kps_sv rest = kps_sv_from(pattern, crosses ? 2 : 1);
    if (crosses && kps_sv_has_head(rest, "/") && match_from(m, kps_sv_from(rest, 1), path)) {
        return true;
    }
    for (size_t n = 0; n <= path.n; n++) {
        if (match_from(m, rest, kps_sv_from(path, n))) {
            return true;
        }
        if (n < path.n && path.p[n] == '/' && !crosses) {
            return false;
        }
    }
    return false;
}

static bool match_from(struct matching *m, struct kps_sv pattern, struct kps_sv path)
{
    while (pattern.n && m->steps) {
        m->steps--;
        if (pattern.p[0] == '*') {
            return match_star(m, pattern, path);
        }
        size_t class = pattern.p[0] == '[' ? class_length(pattern) : 0;
        size_t used = class ? class : 1;
        if (path.n == 0) {
            return false;
        }
        bool holds = path.p[0] == pattern.p[0];
        if (class) {
            holds = meets_class(kps_sv_slice(pattern, 1, class - 1), path.p[0]);
        } else if (pattern.p[0] == '?') {
            holds = path.p[0] != '/';
        } else if (pattern.p[0] == '\\' && pattern.n > 1) {
            holds = path.p[0] == pattern.p[1];
            used = 2;
        }
        if (!holds) {
            return false;
        }
        pattern = kps_sv_from(pattern, used);
        path = kps_sv_from(path, 1);
    }
    return pattern.n == 0 && path.n == 0;
}

bool kps_ignore_match(struct kps_sv pattern, struct kps_sv path)
{
    struct matching m = {MOST_STEPS};
    return match_from(&m, pattern, path);
}

static void add_rule(struct kps_ignore *ignore, struct kps_sv folder, struct kps_sv line)
{
    while (line.n &&
           (line.p[line.n - 1] == '\r' ||
            (kps_is_blank(line.p[line.n - 1]) && !(line.n > 1 && line.p[line.n - 2] == '\\')))) {
        line.n--;
    }
    struct kps_ignore_rule rule = {.folder = folder};
    if (line.n == 0 || line.p[0] == '#' || ignore->rules.n >= MOST_RULES) {
        return;
    }
    rule.is_negated = line.p[0] == '!';
    line = kps_sv_from(line, rule.is_negated ? 1 : 0);
    rule.only_folders = kps_sv_has_tail(line, "/");
    line = kps_sv_head(line, line.n - (rule.only_folders ? 1 : 0));
    rule.is_anchored = kps_sv_find(line, '/') < line.n;
    rule.pattern = kps_sv_has_head(line, "/") ? kps_sv_from(line, 1) : line;
    if (rule.pattern.n) {
        *kps_vec_push(&ignore->rules) = rule;
    }
}

static void read_rules(struct kps_ignore *ignore, struct kps_sv folder, struct kps_sv name)
{
    struct kps_sv text = {"", 0};
    struct kps_sv path = kps_path_join(ignore->arena, folder, name);
    if (kps_fs_kind_of(path.p) != KPS_FS_FILE ||
        kps_fs_os.read(&kps_fs_os, ignore->arena, path.p, MOST_BYTES, &text) != 0) {
        return;
    }
    struct kps_sv kept = kps_sv_copy(ignore->arena, folder);
    struct kps_sv line;
    while (kps_sv_next(&text, '\n', &line)) {
        add_rule(ignore, kept, line);
    }
}

void kps_ignore_open(struct kps_ignore *ignore, struct kps_sv folder)
{
    struct kps_sv root = kps_fs_repository(ignore->arena, folder);
    if (root.n == 0) {
        return;
    }
    ignore->root = kps_sv_copy(ignore->arena, root);
    read_rules(ignore, root, SV(".git/info/exclude"));
    /* each folder from the root to the one above `folder` */
    for (size_t at = root.n; at < folder.n;) {
        (void)kps_ignore_enter(ignore, kps_sv_head(folder, at ? at : 1));
        size_t next = kps_sv_find(kps_sv_from(folder, at + 1), '/');
        at += next + 1;
    }
}

uint32_t kps_ignore_enter(struct kps_ignore *ignore, struct kps_sv folder)
{
    uint32_t mark = ignore->rules.n;
    if (ignore->root.n) {
        read_rules(ignore, folder, SV(".gitignore"));
    }
    return mark;
}

void kps_ignore_leave(struct kps_ignore *ignore, uint32_t mark)
{
    ignore->rules.n = mark;
}

bool kps_ignore_meets(const struct kps_ignore *ignore, struct kps_sv path, bool is_folder)
{
    for (uint32_t i = ignore->rules.n; i > 0; i--) {
        const struct kps_ignore_rule *rule = &ignore->rules.v[i - 1];
        size_t skipped = rule->folder.n + (rule->folder.n > 1 ? 1 : 0);
        struct kps_sv below = kps_sv_from(path, skipped);
        struct kps_sv text = rule->is_anchored ? below : kps_path_base(path);
        if ((is_folder || !rule->only_folders) && kps_ignore_match(rule->pattern, text)) {
            return !rule->is_negated;
        }
    }
    return false;
}

void kps_ignore_free(struct kps_ignore *ignore)
{
    kps_vec_free(&ignore->rules);
}
