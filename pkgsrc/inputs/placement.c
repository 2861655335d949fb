#include "inputs/placement.h"

#include "base/path.h"

void kps_placement_add_sites(struct kps_ledger *ledger, const struct kps_inputs_options *options)
{
    for (size_t i = 0; i < options->n_machines; i++) {
        const struct kps_config_machine *machine = &options->machines[i];
        /* no path of a file or folder has this name */
        struct kps_sv world = kps_fmt(ledger->diag->arena, "machine\n%.*s", SV_ARG(machine->name));
        kps_netns_id netns = kps_ledger_netns(ledger, KPS_NETNS_HOST, world);
        ledger->netns.v[netns - 1].site = kps_ledger_site(
            ledger, (struct kps_site){
                        .name = machine->name, .context = machine->context.text, .netns = netns});
    }
}

/* Return: the length of the input where it is the path, or a folder above; 0: neither. */
static size_t match_input(const struct kps_jobs *jobs, const struct kps_config_value *input,
                          const struct kps_job *job)
{
    struct kps_sv path = kps_path_join(jobs->arena, jobs->cwd, job->shown);
    struct kps_sv place = kps_path_join(jobs->arena, jobs->cwd, input->text);
    bool is_below =
        kps_sv_starts(path, place) && path.n > place.n && (path.p[place.n] == '/' || place.n == 1);
    /* a project of a folder, where the settings name its file */
    bool is_file = kps_inputs_is_compose_name(kps_path_base(place)) && job->request.n_files == 0 &&
                   kps_sv_eq(kps_path_dir(jobs->arena, place), path);
    bool is_same = kps_sv_eq(path, place) || is_file;
    return is_same || (is_below && !job->is_alternative) ? place.n : 0;
}

/* Return: the site of the job's machine; 0: none has it. */
static uint32_t find_site(const struct kps_jobs *jobs, const struct kps_job *job)
{
    const struct kps_inputs_options *options = jobs->options;
    size_t longest = 0;
    uint32_t site = 0;
    for (size_t m = 0; m < options->n_machines; m++) {
        for (size_t i = 0; i < options->machines[m].n_inputs; i++) {
            size_t length = match_input(jobs, &options->machines[m].inputs[i], job);
            if (length > longest) {
                longest = length;
                site = (uint32_t)m + 1;
            }
        }
    }
    return site;
}

void kps_placement_put(struct kps_jobs *jobs, const struct kps_ledger *ledger)
{
    for (uint32_t i = 0; i < jobs->list.n; i++) {
        struct kps_job *job = &jobs->list.v[i];
        uint32_t site =
            job->kind == KPS_INPUT_KUBERNETES || job->error.n ? 0 : find_site(jobs, job);
        if (site) {
            job->site = site;
            job->is_apart = false;
            job->request.world =
                kps_ledger_get_netns(ledger, ledger->sites.v[site - 1].netns)->name;
        }
    }
}

void kps_placement_name_machines(struct kps_ledger *ledger)
{
    struct kps_diag *diag = ledger->diag;
    for (uint32_t i = 0; i < diag->findings.n; i++) {
        struct kps_finding *finding = diag->findings.v[i];
        kps_owner_id owner = finding->n_parties ? finding->parties[0].owner : 0;
        uint32_t site = owner ? kps_ledger_get_owner(ledger, owner)->site : 0;
        if (site && ledger->sites.v[site - 1].netns) {
            struct kps_sv name = kps_ledger_site_name(ledger, site);
            finding->message = kps_fmt(diag->arena, "%.*s, on machine '%.*s'",
                                       SV_ARG(finding->message), SV_ARG(name));
        }
    }
}

void kps_placement_check_inputs(struct kps_diag *diag, const struct kps_config_machine *machine)
{
    for (size_t i = 0; i < machine->n_inputs; i++) {
        const struct kps_config_value *input = &machine->inputs[i];
        if (!kps_fs_exists(kps_cstr(diag->arena, input->text))) {
            (void)kps_diag_add_here(diag, KPS_RULE_INPUT_INVALID, KPS_WARNING, input->at,
                                    "there is no file or folder '%.*s'", SV_ARG(input->text));
        }
    }
}
