# bash completion for kportscan; made by tests/cmdline/make_completions.sh
_kportscan()
{
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    # bash takes '=' for a word of its own
    if [[ $current == = ]]; then
        current=
    elif [[ $before == = ]]; then
        before=${COMP_WORDS[COMP_CWORD - 2]}
    fi
    local words= prefix= options=" -f --file -p --project-name --project-directory --profile --env-file --service --compose-version --scale --kube-play --swarm --cluster --kube-context --kubeconfig --against --nodes --node-port-range --kubernetes-version --namespace --docker --host --systemd --port --free -n --count --assign --check --range --diagnose --watch -H --docker-host --context --timeout --no-docker --no-host --full-cmdline --exclude --no-ignore --together --map --files --stdin-filename --lint -o --format --json --name --sort --diff --claims --color --no-color -q --quiet -v --verbose -S --severity --select --ignore --fail-on --exit-zero --baseline --write-baseline --config --no-config --explain --list-rules -h --help -V --version"
    local rules=" KP101 compose-host-port-clash KP102 compose-replica-clash KP103 compose-self-clash KP104 compose-range-pool KP105 compose-shared-namespace-clash KP106 compose-ports-unused KP107 compose-host-network-clash KP108 compose-project-clash KP109 compose-port-invalid KP201 pod-container-port-clash KP202 pod-host-port-duplicate KP203 host-port-clash KP204 host-port-replicas KP205 host-port-rollout-deadlock KP206 node-port-duplicate KP207 node-port-range KP208 host-port-meets-node-port KP209 node-reserved-port KP210 injected-sidecar-port KP211 host-network-port-mismatch KP212 service-port-duplicate KP213 load-balancer-host-port KP214 service-address-clash KP215 host-port-overlapping-runs KP216 target-port-unresolved KP217 kubernetes-port-invalid KP218 duplicate-object KP301 host-port-taken KP302 container-port-taken KP303 stopped-container-claim KP304 privileged-port KP305 ephemeral-range KP306 stale-publication KP307 connection-remnant KP308 address-not-here KP401 cluster-host-port-pending KP402 cluster-node-port-taken KP403 cluster-eviction KP404 cluster-pending-now KP901 input-unreadable KP902 input-invalid KP903 input-unsupported KP904 variable-unresolved KP905 compose-refused KP906 unused-suppression KP907 scan-incomplete KP908 compose-version-differs KP909 input-ignored"
    COMPREPLY=()
    case $before in
    -f | --file)
        return ;;
    -p | --project-name)
        compopt +o bashdefault +o default && return ;;
    --project-directory)
        compopt -o dirnames +o default && return ;;
    --profile)
        compopt +o bashdefault +o default && return ;;
    --env-file)
        return ;;
    --service)
        compopt +o bashdefault +o default && return ;;
    --compose-version)
        compopt +o bashdefault +o default && return ;;
    --scale)
        compopt +o bashdefault +o default && return ;;
    --kube-context)
        compopt +o bashdefault +o default && return ;;
    --kubeconfig)
        return ;;
    --against)
        return ;;
    --nodes)
        compopt +o bashdefault +o default && return ;;
    --node-port-range)
        compopt +o bashdefault +o default && return ;;
    --kubernetes-version)
        compopt +o bashdefault +o default && return ;;
    --namespace)
        compopt +o bashdefault +o default && return ;;
    --port)
        compopt +o bashdefault +o default && return ;;
    --free)
        compopt +o bashdefault +o default && return ;;
    -n | --count)
        compopt +o bashdefault +o default && return ;;
    --range)
        compopt +o bashdefault +o default && return ;;
    -H | --docker-host)
        compopt +o bashdefault +o default && return ;;
    --context)
        words=$(docker context ls -q 2>/dev/null) ;;
    --timeout)
        compopt +o bashdefault +o default && return ;;
    --exclude)
        return ;;
    --stdin-filename)
        compopt +o bashdefault +o default && return ;;
    -o | --format)
        words=" text short json sarif github gitlab junit rdjson table csv markdown mermaid html env override" ;;
    --name)
        compopt +o bashdefault +o default && return ;;
    --sort)
        words=" port owner state" ;;
    --color)
        words=" auto always never" ;;
    -S | --severity)
        words=" error warning note" ;;
    --select)
        if [[ $current == *,* ]]; then
            prefix=${current%,*}, current=${current##*,}
        fi
        words=$rules ;;
    --ignore)
        if [[ $current == *,* ]]; then
            prefix=${current%,*}, current=${current##*,}
        fi
        words=$rules ;;
    --fail-on)
        words=" error warning note never" ;;
    --baseline)
        return ;;
    --write-baseline)
        return ;;
    --config)
        return ;;
    --explain)
        words=$rules ;;
    *)
        [[ $current == -* ]] || return # files
        words=$options
        ;;
    esac
    mapfile -t COMPREPLY < <(compgen -P "$prefix" -W "$words" -- "$current")
}
complete -o bashdefault -o default -F _kportscan kportscan
