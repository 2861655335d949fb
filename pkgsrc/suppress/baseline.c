#include "suppress/baseline.h"

#include "yaml/reader.h"

enum { MOST_STALE = 10 }; /* entries reported alone */

struct reading {
    struct kps_diag *diag;
    struct kps_baseline *baseline;
    bool failed;
};

static void add_error(struct reading *r, struct kps_span at, const char *fmt, ...) KPS_PRINTF(3, 4);

static void add_error(struct reading *r, struct kps_span at, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)kps_diag_vadd_here(r->diag, KPS_RULE_INPUT_INVALID, KPS_ERROR, at, fmt, args);
    va_end(args);
    r->failed = true;
}

static struct kps_sv get_fingerprint(struct kps_arena *arena, uint64_t fingerprint)
{
    return kps_fmt(arena, "v1:%016llx", (unsigned long long)fingerprint);
}

static bool is_fingerprint(struct kps_sv text)
{
    bool is_good = text.n == sizeof("v1:0123456789abcdef") - 1 && kps_sv_has_head(text, "v1:");
    for (size_t i = 3; is_good && i < text.n; i++) {
        is_good = kps_is_digit(text.p[i]) || (text.p[i] >= 'a' && text.p[i] <= 'f');
    }
    return is_good;
}

/* Read the count of an entry; 0 when there is none. */
static uint32_t read_count(struct reading *r, const struct kps_ynode *node)
{
    int64_t count = 1;
    if (node && (!kps_ynode_int(node, &count) || count < 1 || count > INT32_MAX)) {
        struct kps_sv text = kps_ynode_text(node);
        add_error(r, node->span, "'%.*s' is no count of findings", SV_ARG(text));
        return 0;
    }
    return (uint32_t)count;
}

/* For people: missing is as good as empty. */
static struct kps_sv words_of(struct kps_arena *arena, const struct kps_ynode *map,
                              struct kps_sv key)
{
    const struct kps_ynode *node = kps_ynode_get(map, key);
    return node ? kps_sv_copy(arena, kps_ynode_text(node)) : SV("");
}

static void read_finding(struct reading *r, const struct kps_ynode *written)
{
    struct kps_arena *arena = r->diag->arena;
    const struct kps_ynode *map = kps_ynode_resolve(written);
    const struct kps_ynode *print = kps_ynode_field(map, "fingerprint");
    if (!print) {
        add_error(r, written->span, "this entry has no 'fingerprint'");
        return;
    }
    struct kps_sv text = kps_ynode_text(print);
    uint32_t count = read_count(r, kps_ynode_field(map, "count"));
    if (!is_fingerprint(text)) {
        add_error(r, print->span, "'%.*s' is no fingerprint", SV_ARG(text));
        return;
    }
    text = kps_sv_copy(arena, text);
    uint32_t at = *kps_map_put(&r->baseline->index, arena, text, r->baseline->n);
    struct kps_baseline_entry *entry = &r->baseline->entries[at];
    if (at == r->baseline->n) {
        *entry = (struct kps_baseline_entry){
            .fingerprint = text, .off = print->span.off, .len = print->span.len};
        entry->rule = words_of(arena, map, SV("rule"));
        entry->message = words_of(arena, map, SV("message"));
        r->baseline->n++;
    }
    bool is_too_much = __builtin_add_overflow(entry->count, count, &entry->count);
    if (is_too_much) {
        add_error(r, print->span, "the counts of '%.*s' are too much", SV_ARG(text));
    }
    entry->total = entry->count;
}

static void read_root(struct reading *r, const struct kps_ynode *root)
{
    const struct kps_ynode *format = kps_ynode_field(root, "format");
    const struct kps_ynode *version = kps_ynode_field(root, "format_version");
    const struct kps_ynode *findings = kps_ynode_field(root, "findings");
    int64_t number = 0;
    if (!format || !kps_sv_is(kps_ynode_text(format), "kportscan-baseline")) {
        add_error(r, format ? format->span : root->span,
                  "this is no baseline: \"format\" is not \"kportscan-baseline\"");
        return;
    }
    if (!version || !kps_ynode_int(version, &number) || number != 1) {
        add_error(r, version ? version->span : root->span,
                  "this version reads baselines with \"format_version\" 1 only");
        return;
    }
    if (!findings || findings->kind != KPS_Y_SEQ) {
        add_error(r, findings ? findings->span : root->span,
                  "this baseline has no list of \"findings\"");
        return;
    }
    r->baseline->entries =
        KPS_NEW_N(r->diag->arena, struct kps_baseline_entry, findings->n ? (size_t)findings->n : 1);
    for (uint32_t i = 0; i < findings->n; i++) {
        read_finding(r, findings->edges[i].val);
    }
}

bool kps_baseline_read(struct kps_diag *diag, kps_file_id file, struct kps_baseline *ret)
{
    *ret = (struct kps_baseline){.path = kps_files_get(&diag->files, file)->path,
                                 .bytes = kps_files_get(&diag->files, file)->bytes};
    struct reading r = {.diag = diag, .baseline = ret};
    struct kps_yaml_reader *reader KPS_CLEANUP(kps_yaml_reader_cleanup) =
        kps_yaml_reader_open(diag, file);
    const struct kps_ynode *root = NULL;
    enum kps_yaml_result result = kps_yaml_reader_next(reader, diag->arena, &root);
    if (result == KPS_YAML_DOCUMENT) {
        r.failed = kps_yaml_reader_had_faults(reader);
        read_root(&r, kps_ynode_resolve(root));
        result = kps_yaml_reader_next(reader, diag->arena, &root);
    } else if (result == KPS_YAML_END) {
        add_error(&r, (struct kps_span){file, 0, 0}, "this is no baseline: the file is empty");
    }
    if (result == KPS_YAML_DOCUMENT) {
        add_error(&r, root->span, "found something behind the baseline");
    }
    return !r.failed && result != KPS_YAML_ERROR;
}

void kps_baseline_apply(struct kps_diag *diag, struct kps_baseline *baseline)
{
    struct kps_arena *scratch KPS_CLEANUP(kps_arena_cleanup) = kps_arena_new();
    struct kps_sv reason =
        kps_fmt(diag->arena, "listed in the baseline %.*s", SV_ARG(baseline->path));
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        if (finding->suppressed.p || !kps_finding_is_acceptable(finding)) {
            continue;
        }
        struct kps_sv print = get_fingerprint(scratch, finding->fingerprint);
        uint32_t at = kps_map_get(&baseline->index, print, UINT32_MAX);
        if (at != UINT32_MAX && baseline->entries[at].count > 0) {
            baseline->entries[at].count--;
            finding->suppressed = reason;
            finding->suppressed_by = KPS_SUPPRESSED_BY_BASELINE;
        }
    }
}

static void report_entry(struct kps_diag *diag, const struct kps_baseline_entry *entry,
                         kps_file_id file)
{
    kps_origin_id at = kps_diag_here(diag, (struct kps_span){file, entry->off, entry->len});
    struct kps_finding *finding =
        entry->count < entry->total
            ? kps_diag_add(diag, KPS_RULE_UNUSED_SUPPRESSION, KPS_NOTE, at,
                           "the baseline has this finding %u times, and it is there %u times only",
                           entry->total, entry->total - entry->count)
            : kps_diag_add(diag, KPS_RULE_UNUSED_SUPPRESSION, KPS_NOTE, at,
                           "the baseline has a finding that is gone");
    if (entry->rule.n && entry->message.n) {
        kps_finding_note(finding, "%.*s: %.*s", SV_ARG(entry->rule), SV_ARG(entry->message));
    }
    kps_finding_help(finding, "write the baseline again with --write-baseline");
}

void kps_baseline_report_stale(struct kps_diag *diag, const struct kps_baseline *baseline,
                               const struct kps_rule_set *judged)
{
    kps_file_id file = 0;
    uint32_t stale = 0;
    for (uint32_t i = 0; i < baseline->n; i++) {
        const struct kps_baseline_entry *entry = &baseline->entries[i];
        enum kps_rule rule = kps_rule_by_name(entry->rule);
        if (entry->count == 0 || (rule != KPS_RULE_NONE && !judged->has[rule])) {
            continue;
        }
        file = file ? file : kps_files_add(&diag->files, baseline->path, baseline->bytes);
        if (++stale <= MOST_STALE) {
            report_entry(diag, entry, file);
        }
    }
    if (stale > MOST_STALE) {
        (void)kps_diag_add_here(diag, KPS_RULE_UNUSED_SUPPRESSION, KPS_NOTE,
                                (struct kps_span){file, 0, 0},
                                "the baseline lists findings that are gone in %u more entr%s",
                                stale - MOST_STALE, stale - MOST_STALE == 1 ? "y" : "ies");
    }
}
