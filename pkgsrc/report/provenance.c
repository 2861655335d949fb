#include "report/provenance.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "report/report.h"

/* "PORT in .env:3": the line is enough where the whole line defines the variable. */
static void add_variable(struct kps_buf *out, struct kps_diag *diag, const struct kps_origin *step)
{
    struct kps_sv name = kps_utf8_escape(out->arena, step->what);
    if (step->span.file == 0) {
        kps_buf_fmt(out, "from %.*s in the environment", SV_ARG(name));
        return;
    }
    struct kps_sv path =
        kps_utf8_escape(out->arena, kps_files_get(&diag->files, step->span.file)->path);
    uint32_t line = kps_files_pos(&diag->files, step->span.file, step->span.off).line;
    kps_buf_fmt(out, "from %.*s in %.*s:%u", SV_ARG(name), SV_ARG(path), line);
}

/* "through `extends` of service base at compose.yaml:14:16" */
static void add_at(struct kps_buf *out, struct kps_diag *diag, const struct kps_origin *step,
                   const char *words, struct kps_sv what)
{
    struct kps_sv shown = kps_utf8_escape(out->arena, what);
    kps_buf_fmt(out, "through %s%s%.*s", words, shown.n ? " of " : "", SV_ARG(shown));
    struct kps_sv place = kps_report_place(out->arena, diag, step->span);
    if (place.n) {
        kps_buf_fmt(out, " at %.*s", SV_ARG(place));
    }
}

static void add_step(struct kps_buf *out, struct kps_diag *diag, const struct kps_origin *step)
{
    const struct kps_sv nothing = {"", 0};
    struct kps_sv what = kps_utf8_escape(out->arena, step->what);
    switch (step->step) {
    case KPS_STEP_HERE:
        add_at(out, diag, step, "the value", step->what);
        break;
    case KPS_STEP_ALIAS:
        add_at(out, diag, step, "the YAML alias", nothing);
        break;
    case KPS_STEP_MERGE_KEY:
        add_at(out, diag, step, "the YAML merge key", nothing);
        break;
    case KPS_STEP_OVERRIDE:
        kps_buf_fmt(out, "through the layer %.*s", SV_ARG(what));
        break;
    case KPS_STEP_EXTENDS:
        add_at(out, diag, step, "`extends`", step->what);
        break;
    case KPS_STEP_INCLUDE:
        add_at(out, diag, step, "`include`", nothing);
        break;
    case KPS_STEP_TEMPLATE:
        kps_buf_fmt(out, "rendered from %.*s", SV_ARG(what));
        break;
    case KPS_STEP_VARIABLE:
        add_variable(out, diag, step);
        break;
    case KPS_STEP_ENGINE:
        kps_buf_fmt(out, "from the engine (%.*s)", SV_ARG(what));
        break;
    case KPS_STEP_KERNEL:
        kps_buf_fmt(out, "from the kernel (%.*s)", SV_ARG(what));
        break;
    }
}

struct kps_sv kps_provenance_words(struct kps_arena *arena, const struct kps_ledger *ledger,
                                   const struct kps_party *party)
{
    struct kps_diag *diag = ledger->diag;
    kps_origin_id id = party->at ? kps_origins_up(&diag->origins, party->at) : 0;
    struct kps_buf *out = kps_buf_new(arena);
    if (!id) {
        return (struct kps_sv){"", 0};
    }
    struct kps_sv owner = {"", 0};
    if (party->owner) {
        owner = kps_utf8_escape(arena, kps_owner_name(kps_ledger_get_owner(ledger, party->owner)));
    }
    if (owner.n) {
        kps_buf_fmt(out, "'%.*s' has it ", SV_ARG(owner));
    } else {
        kps_buf_text(out, "it comes ");
    }
    for (bool first = true; id; first = false) {
        const struct kps_origin step = kps_origins_get(&diag->origins, id);
        kps_buf_text(out, first ? "" : ", ");
        add_step(out, diag, &step);
        id = step.up;
    }
    return kps_buf_sv(out);
}
