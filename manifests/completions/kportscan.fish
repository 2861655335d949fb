# fish completion for kportscan; made by tests/cmdline/make_completions.sh
function __kportscan_rules
    printf '%s\t%s\n' \
        KP101 'compose-host-port-clash' compose-host-port-clash 'services of one project that want the same host port' \
        KP102 'compose-replica-clash' compose-replica-clash 'replicas of one service that share a fixed host port' \
        KP103 'compose-self-clash' compose-self-clash 'a service that publishes one host port twice' \
        KP104 'compose-range-pool' compose-range-pool 'a port range that may have no port left for a service' \
        KP105 'compose-shared-namespace-clash' compose-shared-namespace-clash 'services in one network namespace that listen on the same port' \
        KP106 'compose-ports-unused' compose-ports-unused 'ports that the network mode discards or forbids' \
        KP107 'compose-host-network-clash' compose-host-network-clash 'a host-network service that listens where another publishes' \
        KP108 'compose-project-clash' compose-project-clash 'projects that want the same host port' \
        KP109 'compose-port-invalid' compose-port-invalid 'a port that Compose or the Engine refuses, or publishes elsewhere than written' \
        KP201 'pod-container-port-clash' pod-container-port-clash 'containers of a pod that listen on the same port' \
        KP202 'pod-host-port-duplicate' pod-host-port-duplicate 'a pod that asks for one host port twice' \
        KP203 'host-port-clash' host-port-clash 'workloads that ask for the same host port and can meet on a node' \
        KP204 'host-port-replicas' host-port-replicas 'more replicas than nodes can hold' \
        KP205 'host-port-rollout-deadlock' host-port-rollout-deadlock 'a roll-out that its own host port blocks' \
        KP206 'node-port-duplicate' node-port-duplicate 'a nodePort that is wanted twice' \
        KP207 'node-port-range' node-port-range 'a nodePort outside the cluster\'s range' \
        KP208 'host-port-meets-node-port' host-port-meets-node-port 'a hostPort that equals a nodePort' \
        KP209 'node-reserved-port' node-reserved-port 'a hostPort that a component of the node holds' \
        KP210 'injected-sidecar-port' injected-sidecar-port 'a container port that an injected sidecar occupies' \
        KP211 'host-network-port-mismatch' host-network-port-mismatch 'hostNetwork with a hostPort different from the containerPort' \
        KP212 'service-port-duplicate' service-port-duplicate 'a Service that lists a port twice' \
        KP213 'load-balancer-host-port' load-balancer-host-port 'a LoadBalancer Service that meets another as a host port' \
        KP214 'service-address-clash' service-address-clash 'Services that want the same address and port' \
        KP215 'host-port-overlapping-runs' host-port-overlapping-runs 'runs of a job that overlap on a host port' \
        KP216 'target-port-unresolved' target-port-unresolved 'a named port that no container, or more than one, has' \
        KP217 'kubernetes-port-invalid' kubernetes-port-invalid 'a port that the API server refuses' \
        KP218 'duplicate-object' duplicate-object 'an object that is given twice' \
        KP301 'host-port-taken' host-port-taken 'a wanted port that a process of this machine holds' \
        KP302 'container-port-taken' container-port-taken 'a wanted port that a container holds' \
        KP303 'stopped-container-claim' stopped-container-claim 'a stopped container that will want the port' \
        KP304 'privileged-port' privileged-port 'a port that needs a privilege' \
        KP305 'ephemeral-range' ephemeral-range 'a fixed port inside the ephemeral range' \
        KP306 'stale-publication' stale-publication 'a port held for a container that no longer runs' \
        KP307 'connection-remnant' connection-remnant 'a connection that blocks the bind' \
        KP308 'address-not-here' address-not-here 'a published address that this machine does not have' \
        KP401 'cluster-host-port-pending' cluster-host-port-pending 'pods that stay Pending in the live cluster because of a hostPort' \
        KP402 'cluster-node-port-taken' cluster-node-port-taken 'a nodePort or address that a Service of the live cluster has' \
        KP403 'cluster-eviction' cluster-eviction 'a pod that has a running one evicted for its port' \
        KP404 'cluster-pending-now' cluster-pending-now 'a pod of the live cluster that is Pending for a port' \
        KP901 'input-unreadable' input-unreadable 'an input that cannot be read' \
        KP902 'input-invalid' input-invalid 'an input that is not what it should be' \
        KP903 'input-unsupported' input-unsupported 'an input that is recognised but cannot be judged' \
        KP904 'variable-unresolved' variable-unresolved 'a variable without a value' \
        KP905 'compose-refused' compose-refused 'something that Compose refuses for a reason other than ports' \
        KP906 'unused-suppression' unused-suppression 'a suppression that suppresses nothing' \
        KP907 'scan-incomplete' scan-incomplete 'something that could not be looked at' \
        KP908 'compose-version-differs' compose-version-differs 'something that another Compose version reads differently' \
        KP909 'input-ignored' input-ignored 'a file that is skipped' 
end
complete -c kportscan -l file -s f -r -F -d 'Compose file; repeat it to layer files of one project'
complete -c kportscan -l project-name -s p -x -d 'name of the project'
complete -c kportscan -l project-directory -x -a '(__fish_complete_directories)' -d 'where relative paths and .env start'
complete -c kportscan -l profile -x -d 'enable a profile (repeatable; \'*\' for all)'
complete -c kportscan -l env-file -r -F -d 'variables instead of .env (repeatable)'
complete -c kportscan -l service -x -d 'only what \'docker compose up NAME\' starts (repeatable)'
complete -c kportscan -l compose-version -x -d 'read projects as that Docker Compose does; default: the newest known'
complete -c kportscan -l scale -x -d 'replicas, as with \'docker compose up --scale\' (repeatable)'
complete -c kportscan -l kube-play -d 'manifests are for \'podman kube play\': host ports of this machine'
complete -c kportscan -l swarm -d 'Compose files are for \'docker stack deploy\'; *stack*.yml are without it'
complete -c kportscan -l cluster -d 'judge what applying the inputs to the live cluster does; alone or with PORT: who has its ports'
complete -c kportscan -l kube-context -x -d 'which cluster; default: kubectl\'s current one'
complete -c kportscan -l kubeconfig -r -F -d 'kubectl\'s configuration; default: KUBECONFIG'
complete -c kportscan -l against -r -F -d 'the same for the cluster that is in this dump of kubectl'
complete -c kportscan -l nodes -x -d 'how many nodes the cluster has'
complete -c kportscan -l node-port-range -x -d 'its node ports; default 30000-32767'
complete -c kportscan -l kubernetes-version -x -d 'where rules differ by version; default: the newest'
complete -c kportscan -l namespace -x -d 'of objects that name none; default \'default\''
complete -c kportscan -l docker -d 'what the container engine publishes, or who published PORT'
complete -c kportscan -l host -d 'what listens on this machine, or who listens on PORT'
complete -c kportscan -l systemd -d 'check the socket units and Quadlets of this machine'
complete -c kportscan -l port -x -d 'the same as the argument PORT (repeatable)'
complete -c kportscan -l free -x -d 'print the first free host port from there on, or in the range; with --cluster, of all nodes'
complete -c kportscan -l count -s n -x -d 'how many free ports; default 1'
complete -c kportscan -l assign -d 'print lines for .env that give the project\'s ports numbers nobody else has'
complete -c kportscan -l check -d 'with --assign: only say which ports clash now'
complete -c kportscan -l range -x -d 'with --assign: where to look for numbers; default 20000-29999'
complete -c kportscan -l diagnose -d 'read an error message or a log (a file, or standard input) and answer each port error in it'
complete -c kportscan -l watch -d 'ask for PORT or a list again and again, report what changes; default 1'
complete -c kportscan -l docker-host -s H -x -d 'the engine to ask, instead of DOCKER_HOST'
complete -c kportscan -l context -x -a '(docker context ls -q 2>/dev/null)' -d 'the engine of a docker context; for questions repeatable, and \'*\' for every context'
complete -c kportscan -l timeout -x -d 'for everything asked of an engine; default 5'
complete -c kportscan -l no-docker -d 'do not ask the container engine'
complete -c kportscan -l no-host -d 'do not look at this machine\'s sockets'
complete -c kportscan -l full-cmdline -d 'show arguments of processes that look like a password or token'
complete -c kportscan -l exclude -r -F -d 'leave out files and folders below a directory'
complete -c kportscan -l no-ignore -d 'read what .gitignore, vendor and testdata leave out below a directory'
complete -c kportscan -l together -d 'all projects below a directory run on one machine: judge them against each other'
complete -c kportscan -l map -d 'list the host ports that the inputs want, instead of judging them'
complete -c kportscan -l files -d 'only list the files that are read'
complete -c kportscan -l stdin-filename -x -d 'read \'-\' as the file of that name'
complete -c kportscan -l lint -d 'files only: the same result on every machine (for CI)'
complete -c kportscan -l format -s o -x -a ' text short json sarif github gitlab junit rdjson table csv markdown mermaid html env override' -d 'text (default on a terminal), short (default on a pipe), json, sarif, github, gitlab, junit, rdjson, markdown, mermaid, html; of lists also table (the text) and csv; repeatable with files'
complete -c kportscan -l json -d 'the same as --format json'
complete -c kportscan -l name -x -d 'list only this container, service, project, process, pid, user, unit or workload; with * and ? (repeatable)'
complete -c kportscan -l sort -x -a ' port owner state' -d 'order of a list: port, owner or state (trouble first); default: by port'
complete -c kportscan -l diff -d 'instead of findings a patch that gives clashing parties free ports'
complete -c kportscan -l claims -d 'json: list all published ports too'
complete -c kportscan -l color -x -a ' auto always never' -d 'auto, always or never'
complete -c kportscan -l no-color -d 'the same as --color never'
complete -c kportscan -l quiet -s q -d 'findings only; -qq: exit code only'
complete -c kportscan -l verbose -s v -d 'say on stderr what was read'
complete -c kportscan -l severity -s S -x -a ' error warning note' -d 'least severity shown: note (default), warning, error'
complete -c kportscan -l select -x -a '(__fish_complete_list , __kportscan_rules)' -d 'only these: ids (KP101), prefixes (KP1), names'
complete -c kportscan -l ignore -x -a '(__fish_complete_list , __kportscan_rules)' -d 'all but these'
complete -c kportscan -l fail-on -x -a ' error warning note never' -d 'exit 1 at this severity: error (default), warning, note, never'
complete -c kportscan -l exit-zero -d 'the same as --fail-on never'
complete -c kportscan -l baseline -r -F -d 'findings that are known already do not count'
complete -c kportscan -l write-baseline -r -F -d 'write the findings there: they are known from now on'
complete -c kportscan -l config -r -F -d 'settings; default: .kportscan.yaml here or above, up to the repository\'s root'
complete -c kportscan -l no-config -d 'look for no settings'
complete -c kportscan -l explain -x -a '(__kportscan_rules)' -d 'what a rule finds, why, and how to fix it'
complete -c kportscan -l list-rules -d 'list the rules; -o json: with their texts'
complete -c kportscan -l help -s h -d 'this text'
complete -c kportscan -l version -s V -d 'name and version; -v: of the libraries, too'
