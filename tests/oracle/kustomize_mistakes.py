#!/usr/bin/env python3
"""Kustomizations with a mistake: the verdict of kportscan beside that of `kubectl kustomize` 1.32 (kustomize 5.5).

usage: kustomize_mistakes.py KPORTSCAN            each case against the recorded verdict
       kustomize_mistakes.py --kubectl KUBECTL    the recorded verdicts against the real program

A case that kubectl refuses is an error of KP902 at a place, and exit code 2; a case that it builds has no such error.
"""

import concurrent.futures
import json
import os
import subprocess
import sys
import tempfile

SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: own}\nspec: {selector: {app: own}, ports: [{port: 80}]}\n"
DEPLOY = """apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
"""
SPECS = "fieldSpecs: [{path: metadata/name}]\n"
PATCH = "- {op: add, path: /metadata/labels, value: {a: b}}"
SMP = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"


def extend(text, **files):
    """Files of a kustomization of two resources and `text`; d__x_yaml is the file d/x.yaml."""
    case = {"kustomization.yaml": "resources: [own.yaml, web.yaml]\n" + text, "own.yaml": SERVICE, "web.yaml": DEPLOY}
    for name, content in files.items():
        case[name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")] = content
    return case


def replace(text, **files):
    """The same files with `text` as the whole kustomization."""
    return {**extend("", **files), "kustomization.yaml": text}


PORT = "spec.template.spec.containers.0.ports.0.containerPort"


def copy_port(source, target, options=""):
    """A replacement from a field of the Deployment to another."""
    return extend("replacements: [{source: {kind: Deployment, fieldPath: %s}, targets: [{select: {kind: Deployment}, "
                  "fieldPaths: ['%s']%s}]}]\n" % (source, target, options))


def patch_target(target):
    """A patch for the objects that `target` selects."""
    return extend("patches:\n- target: {%s}\n  patch: '%s'\n" % (target, PATCH))


def patch_json(ops):
    """JSON operations on the service."""
    ops = "- " + ops[1:-1] if ops.startswith("[{") else ops
    return extend("patches:\n- target: {kind: Service}\n  patch: '%s'\n" % ops)


def transform(kind, text):
    """A built-in transformer whose file is `text`."""
    head = "apiVersion: builtin\nkind: %sTransformer\nmetadata: {name: a}\n" % kind
    return extend("transformers: [t.yaml]\n", t_yaml=head + text)


CASES = {
    "good": extend(""),
    # patterns
    "pattern name": patch_target("name: '('".replace("'", '"')),
    "pattern kind": patch_target('kind: "[a-"'),
    "pattern ns": patch_target('namespace: "*"'),
    "pattern group": patch_target('group: "a**"'),
    "pattern version": patch_target('version: "(?=a)"'),
    "pattern unmatched": patch_target('kind: Nope, name: "("'),
    "pattern ok no match": patch_target('kind: Nope'),
    "labelSelector broken": patch_target('labelSelector: "a=b=c"'),
    "labelSelector broken no match": patch_target('kind: Nope, labelSelector: "a=b=c"'),
    "labelSelector in open": patch_target('labelSelector: "a in (b"'),
    "labelSelector bad key": patch_target('labelSelector: "-a=b"'),
    "labelSelector bad value": patch_target('labelSelector: "a=-b"'),
    "labelSelector two commas": patch_target('labelSelector: "a=b,,c=d"'),
    "labelSelector trailing comma": patch_target('labelSelector: "a=b,"'),
    "labelSelector space": patch_target('labelSelector: "a b"'),
    "labelSelector gt": patch_target('labelSelector: "a > 5"'),
    "labelSelector gt text": patch_target('labelSelector: "a > x"'),
    "labelSelector empty in": patch_target('labelSelector: "a in ()"'),
    "labelSelector eqeq": patch_target('labelSelector: "app==web"'),
    "labelSelector exists": patch_target('labelSelector: "app"'),
    "labelSelector not": patch_target('labelSelector: "!app"'),
    "labelSelector slash key": patch_target('labelSelector: "a.b/c/d=e"'),
    "annotationSelector broken": patch_target('annotationSelector: "a=b=c"'),
    "annotationSelector long value": patch_target('annotationSelector: "a=%s"' % ("x"*64)),
    # empty patches
    "patch empty text": extend("patches:\n- target: {kind: Service}\n  patch: ''\n"),
    "patch only comment": extend("patches:\n- target: {kind: Service}\n  patch: '# c'\n"),
    "patch list empty": patch_json("[]"),
    "patch map empty": patch_json("{}"),
    "patch null": patch_json("null"),
    "patch scalar": patch_json("hello"),
    "patch number": patch_json("5"),
    "patch no target comment": extend("patches:\n- patch: '# c'\n"),
    "patch file empty": extend("patches:\n- path: p.yaml\n", p_yaml=""),
    "patch file comment": extend("patches:\n- path: p.yaml\n", p_yaml="# c\n"),
    "patch file empty target": extend("patches:\n- path: p.yaml\n  target: {kind: Service}\n", p_yaml=""),
    "patch file docs": extend("patches:\n- path: p.yaml\n", p_yaml="---\n---\n"+SMP),
    "patch file missing": extend("patches:\n- path: p.yaml\n"),
    "patch smp no name": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment}'\n"),
    "patch smp no kind": extend("patches:\n- patch: '{apiVersion: apps/v1, metadata: {name: web}}'\n"),
    "patch smp no apiVersion": extend("patches:\n- patch: '{kind: Deployment, metadata: {name: web}}'\n"),
    "patch entry empty": extend("patches:\n- {}\n"),
    "patch entry target only": extend("patches:\n- target: {kind: Service}\n"),
    "patch list null item": extend("patches:\n- null\n"),
    "psm empty file": extend("patchesStrategicMerge: [p.yaml]\n", p_yaml=""),
    "psm comment file": extend("patchesStrategicMerge: [p.yaml]\n", p_yaml="# c\n"),
    "psm missing": extend("patchesStrategicMerge: [p.yaml]\n"),
    "psm empty entry": extend("patchesStrategicMerge: ['']\n"),
    "psm json list": extend("patchesStrategicMerge: [p.yaml]\n", p_yaml=PATCH),
    "psm twice": extend("patchesStrategicMerge: [p.yaml, p.yaml]\n", p_yaml=SMP),
    "psm ops inline": extend("patchesStrategicMerge:\n- |-\n  - op: add\n    path: /a\n    value: b\n"),
    "p6902 no target": extend("patchesJson6902:\n- patch: '%s'\n" % PATCH),
    "p6902 no kind": extend("patchesJson6902:\n- target: {version: v1, name: own}\n  patch: '%s'\n" % PATCH),
    "p6902 no version": extend("patchesJson6902:\n- target: {kind: Service, name: own}\n  patch: '%s'\n" % PATCH),
    "p6902 nobody": extend("patchesJson6902:\n- target: {version: v1, kind: Service, name: none}\n  patch: '%s'\n" % PATCH),
    "p6902 pattern broken": extend("patchesJson6902:\n- target: {version: v1, kind: Service, name: '('}\n  patch: '%s'\n" % PATCH),
    "p6902 empty": extend("patchesJson6902:\n- target: {version: v1, kind: Service, name: own}\n  patch: '[]'\n"),
    "p6902 missing file": extend("patchesJson6902:\n- target: {version: v1, kind: Service, name: own}\n  path: nope.yaml\n"),
    # JSON operations
    "op unknown": patch_json("[{op: foo, path: /a, value: b}]"),
    "op missing": patch_json("[{path: /a, value: b}]"),
    "op no path": patch_json("[{op: add, value: b}]"),
    "op no value": patch_json("[{op: add, path: /a}]"),
    "op replace no value": patch_json("[{op: replace, path: /kind}]"),
    "op path empty": patch_json('[{op: add, path: "", value: {}}]'),
    "op path no slash": patch_json("[{op: add, path: a, value: b}]"),
    "op path slash": patch_json("[{op: add, path: /, value: b}]"),
    "op path trailing": patch_json("[{op: add, path: /metadata/, value: b}]"),
    "op path double": patch_json("[{op: add, path: /metadata//x, value: b}]"),
    "op remove empty key": patch_json("[{op: remove, path: /metadata/}]"),
    "op replace empty key": patch_json("[{op: replace, path: /metadata/, value: x}]"),
    "op replace missing": patch_json("[{op: replace, path: /spec/nope, value: x}]"),
    "op tilde": patch_json("[{op: add, path: /metadata/a~2b, value: x}]"),
    "op extra field": patch_json("[{op: add, path: /metadata/x, value: x, foo: bar}]"),
    "op move no from": patch_json("[{op: move, path: /metadata/x}]"),
    "op copy from missing": patch_json("[{op: copy, from: /a/b, path: /metadata/x}]"),
    "op test ok": patch_json("[{op: test, path: /kind, value: Service}]"),
    "op test fails": patch_json("[{op: test, path: /kind, value: Pod}]"),
    "op test no value": patch_json("[{op: test, path: /nope}]"),
    "op index": patch_json("[{op: add, path: /spec/ports/5, value: {port: 1}}]"),
    "op index text": patch_json("[{op: add, path: /spec/ports/a, value: {port: 1}}]"),
    "op index minus1": patch_json("[{op: replace, path: /spec/ports/-1, value: {port: 1}}]"),
    "op remove dash": patch_json("[{op: remove, path: /spec/ports/-}]"),
    "op upper": patch_json("[{op: ADD, path: /metadata/x, value: y}]"),
    "op key upper": patch_json("[{OP: add, PATH: /metadata/x, VALUE: y}]"),
    "op map with op": patch_json("{op: add, path: /metadata/x, value: y}"),
    "op item scalar": patch_json("[foo]"),
    "op number path": patch_json("[{op: add, path: 5, value: x}]"),
    "op remove kind": patch_json("[{op: remove, path: /kind}]"),
    "op remove name": patch_json("[{op: remove, path: /metadata/name}]"),
    "op remove metadata": patch_json("[{op: remove, path: /metadata}]"),
    "op name number": patch_json("[{op: replace, path: /metadata/name, value: 5}]"),
    # missing files
    "crds missing": extend("crds: [none.yaml]\n"),
    "crds not crd": extend("crds: [own.yaml]\n"),
    "crds folder": extend("crds: [d]\n", d__x_yaml=SERVICE),
    "openapi missing": extend("openapi: {path: none.json}\n"),
    "openapi broken": extend("openapi: {path: o.json}\n", o_json="{"),
    "openapi version": extend("openapi: {version: v1.21.2}\n"),
    "openapi version unknown": extend("openapi: {version: v9.9.9}\n"),
    "openapi both": extend("openapi: {version: v1.21.2, path: o.json}\n", o_json="{}"),
    "openapi other key": extend("openapi: {foo: bar}\n"),
    "openapi not schema": extend("openapi: {path: o.json}\n", o_json="{}"),
    "openapi empty file": extend("openapi: {path: o.json}\n", o_json=""),
    "validators missing": extend("validators: [none.yaml]\n"),
    "transformers missing": extend("transformers: [none.yaml]\n"),
    "generators missing": extend("generators: [none.yaml]\n"),
    "configurations missing": extend("configurations: [none.yaml]\n"),
    "components missing": extend("components: [none]\n"),
    "components file": extend("components: [own.yaml]\n"),
    "resources missing": extend("bases: [none]\n"),
    "replacements missing": extend("replacements: [{path: none.yaml}]\n"),
    "replacements file of a text": extend("replacements: [{path: r.yaml}]\n", r_yaml="- sourc\n"),
    "replacements file of a number": extend("replacements: [{path: r.yaml}]\n", r_yaml="- 5\n"),
    "replacements file of lists": extend("replacements: [{path: r.yaml}]\n", r_yaml="- []\n"),
    "replacements file, source a text": extend("replacements: [{path: r.yaml}]\n", r_yaml="- source: !!map x\n"),
    "replacements file, targets a text": extend("replacements: [{path: r.yaml}]\n", r_yaml="- targets: !!seq x\n"),
    "transformers unknown kind": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: Foo\nmetadata: {name: a}\n"),
    "transformers foreign": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: a}\n"),
    "transformers no name": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nprefix: a-\n" + SPECS),
    "transformers empty file": extend("transformers: [t.yaml]\n", t_yaml=""),
    "transformers bad field": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: 5\n" + SPECS),
    "transformers unknown field": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: a-\nfoo: bar\n" + SPECS),
    "transformers patch broken": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\ntarget: {kind: '('}\npatch: '%s'\n" % PATCH),
    "transformers patch no target": extend("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npatch: '%s'\n" % PATCH),
    **{
        f"{kind} fieldSpecs {name}": transform(kind, f"{text}\n{specs}\n")
        for kind, text in (
            ("Prefix", "prefix: a-"), ("Suffix", "suffix: -a"), ("PrefixSuffix", "prefix: a-"), ("Label", "labels: {a: b}"),
            ("Annotations", "annotations: {a: b}"),
        )
        for name, specs in (
            ("text", "fieldSpecs: x"), ("map", "fieldSpecs: {}"), ("number", "fieldSpecs: 5"), ("null", "fieldSpecs: null"),
            ("empty", "fieldSpecs: []"), ("missing", ""), ("of texts", "fieldSpecs: [x]"),
        )
    },
    "transformers inline": extend("transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: a}\n  prefix: a-\n  fieldSpecs: [{path: metadata/name}]\n"),
    "transformers inline broken": extend("transformers:\n- |-\n  apiVersion: builtin\n  kind: [\n"),
    "generators inline cm": extend("generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: a}\n  name: a\n  literals: [a=b]\n"),
    "validators foreign": extend("validators: [t.yaml]\n", t_yaml="apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: a}\n"),
    "generators svc": extend("generators: [own.yaml]\n"),
    # generators
    "generator twice": extend("configMapGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, literals: [c=d]}\n"),
    "generator twice create": extend("configMapGenerator:\n- {name: a, behavior: create, literals: [a=b]}\n- {name: a, behavior: create, literals: [c=d]}\n"),
    "generator merge itself": extend("configMapGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, behavior: merge, literals: [c=d]}\n"),
    "generator merge none": extend("configMapGenerator:\n- {name: a, behavior: merge, literals: [a=b]}\n"),
    "generator replace none": extend("configMapGenerator:\n- {name: a, behavior: replace, literals: [a=b]}\n"),
    "secret merge none": extend("secretGenerator:\n- {name: a, behavior: merge, literals: [a=b]}\n"),
    "secret twice": extend("secretGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, literals: [c=d]}\n"),
    "generator bad behavior": extend("configMapGenerator:\n- {name: a, behavior: foo, literals: [a=b]}\n"),
    "generator no name": extend("configMapGenerator:\n- {literals: [a=b]}\n"),
    "generator key twice": extend("configMapGenerator:\n- {name: a, literals: [a=b, a=c]}\n"),
    "generator key in file and literal": extend("configMapGenerator:\n- {name: a, literals: [own.yaml=b], files: [own.yaml]}\n"),
    "generator literal without =": extend("configMapGenerator:\n- {name: a, literals: [ab]}\n"),
    "generator literal empty key": extend("configMapGenerator:\n- {name: a, literals: ['=b']}\n"),
    "generator bad key": extend("configMapGenerator:\n- {name: a, literals: ['a b=c']}\n"),
    "generator bad file key": extend("configMapGenerator:\n- {name: a, files: ['a b=own.yaml']}\n"),
    "generator file two =": extend("configMapGenerator:\n- {name: a, files: ['a=b=own.yaml']}\n"),
    "generator file no key": extend("configMapGenerator:\n- {name: a, files: ['=own.yaml']}\n"),
    "generator file no value": extend("configMapGenerator:\n- {name: a, files: ['a=']}\n"),
    "generator file missing": extend("configMapGenerator:\n- {name: a, files: [none]}\n"),
    "generator folder": extend("configMapGenerator:\n- {name: a, files: [d]}\n", d__x_yaml="a"),
    "generator env missing": extend("configMapGenerator:\n- {name: a, envs: [none]}\n"),
    "generator env bad": extend("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="a b=c\n"),
    "generator env twice": extend("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="a=c\na=d\n"),
    "generator env no =": extend("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="FOO\n"),
    "generator clash with resource": {**extend("configMapGenerator:\n- {name: cm, literals: [a=b]}\n"), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge resource": {**extend(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge other ns": {**extend(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, namespace: x, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge ns resource": {**extend(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, namespace: x}\n"},
    "generator merge base": {**extend(""), "kustomization.yaml": "resources: [base]\nnamePrefix: p-\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "configMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator merge base prefixed": {**extend(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: p-cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "namePrefix: p-\nconfigMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator merge base prefixed short": {**extend(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "namePrefix: p-\nconfigMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator create over base": {**extend(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: cm, literals: [a=b]}\n", "base/kustomization.yaml": "configMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "secret type": extend("secretGenerator:\n- {name: a, type: foo, literals: [a=b]}\n"),
    "generator env and envs": extend("configMapGenerator:\n- {name: a, env: own.yaml}\n"),
    # helm
    "helmCharts": extend("helmCharts:\n- {name: a, repo: 'https://example.org', version: '1'}\n"),
    "helmCharts empty": extend("helmCharts: []\n"),
    "helmGlobals alone": extend("helmGlobals: {chartHome: charts}\n"),
    "helmChartInflationGenerator": extend("helmChartInflationGenerator:\n- {chartName: a, chartRepoUrl: 'https://example.org'}\n"),
    # kustomization head
    "apiVersion foo/v1": replace("apiVersion: foo/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion foo/v1 no kind": replace("apiVersion: foo/v1\nresources: [own.yaml]\n"),
    "apiVersion v1": replace("apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion v1alpha1": replace("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion flux": replace("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion number": replace("apiVersion: 5\nresources: [own.yaml]\n"),
    "apiVersion null": replace("apiVersion:\nkind:\nresources: [own.yaml]\n"),
    "kind foo": replace("kind: Foo\nresources: [own.yaml]\n"),
    "kind lower": replace("kind: kustomization\nresources: [own.yaml]\n"),
    "component alone": replace("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [own.yaml]\n"),
    "component v1beta1": replace("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\nresources: [own.yaml]\n"),
    "two docs": replace("resources: [own.yaml]\n---\nresources: [web.yaml]\n"),
    "leading doc": replace("---\nresources: [own.yaml]\n"),
    "list": replace("- a\n"),
    "scalar": replace("hello\n"),
    "key twice": replace("resources: [own.yaml]\nresources: [web.yaml]\n"),
    "key twice nested": extend("patches:\n- target: {kind: Service, kind: Service}\n  patch: '%s'\n" % PATCH),
    "unknown": extend("foo: bar\n"),
    "upper key": replace("Resources: [own.yaml]\n"),
    "json file": replace('{"resources": ["own.yaml"]}\n'),
    "tabs": replace("resources:\n\t- own.yaml\n"),
    "anchor": replace("x: &a [own.yaml]\nresources: *a\n"),
    "empty resources": replace("resources: []\n"),
    "only namespace": replace("namespace: foo\n"),
    "resources scalar": replace("resources: own.yaml\n"),
    "resources null item": replace("resources: [own.yaml, null]\n"),
    "resources empty item": replace("resources: [own.yaml, '']\n"),
    "resources number": replace("resources: [own.yaml, 5]\n"),
    "resources dot": replace("resources: [own.yaml, .]\n"),
    "resources twice": replace("resources: [own.yaml, own.yaml]\n"),
    "resources empty file": replace("resources: [own.yaml, e.yaml]\n", e_yaml=""),
    "resources comment file": replace("resources: [own.yaml, e.yaml]\n", e_yaml="# c\n"),
    "resources broken": replace("resources: [own.yaml, e.yaml]\n", e_yaml="a: [\n"),
    "resources list": replace("resources: [own.yaml, e.yaml]\n", e_yaml="- a\n"),
    "resources scalar doc": replace("resources: [own.yaml, e.yaml]\n", e_yaml="hello\n"),
    "resources no kind": replace("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nmetadata: {name: x}\n"),
    "resources no name": replace("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Service\nmetadata: {}\n"),
    "resources no metadata": replace("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Service\n"),
    "resources generateName": replace("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n"),
    "resources no apiVersion": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\nmetadata: {name: x}\n"),
    "resources dup key": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x}\nmetadata: {name: y}\n"),
    "resources name number": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: 5}\n"),
    "resources label number": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, labels: {a: 5}}\n"),
    "resources annotation number": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, annotations: {a: 5}}\n"),
    "resources annotation bool commonAnnotations": replace("resources: [own.yaml, e.yaml]\ncommonAnnotations: {c: d}\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, annotations: {a: true}}\n"),
    "resources List with bad": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: List\napiVersion: v1\nitems:\n- {kind: Service, apiVersion: v1}\n"),
    "resources List no items": replace("resources: [own.yaml, e.yaml]\n", e_yaml="kind: List\napiVersion: v1\n"),
    "resources kustomization as file": replace("resources: [own.yaml, d/kustomization.yaml]\n", d__kustomization_yaml="resources: [x.yaml]\n", d__x_yaml=SERVICE.replace("own","x")),
    "resources aliases of aliases": extend("", web_yaml=DEPLOY + "a: &a [1, 1, 1]\nb: &b [*a, *a]\nc: [*b, *b]\n"),
    "resources anchor of another document": extend("", web_yaml=DEPLOY + "a: &a x\n---\n" + SERVICE.replace("own", "two") + "b: *a\n"),
    "resources two merge keys": extend("", web_yaml=DEPLOY + "a: &a {x: y}\nb: {<<: *a, <<: *a}\n"),
    "base empty": replace("resources: [own.yaml, d]\n", d__kustomization_yaml=""),
    "base broken": replace("resources: [own.yaml, d]\n", d__kustomization_yaml="a: [\n"),
    "base unknown field": replace("resources: [own.yaml, d]\n", d__kustomization_yaml="foo: []\n"),
    "base component": replace("resources: [own.yaml, d]\n", d__kustomization_yaml="kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"),
    "component is kustomization": extend("components: [d]\n", d__kustomization_yaml="resources: []\nnamePrefix: a-\n"),
    # fields
    "namespace bad": extend("namespace: 'a b'\n"),
    "namespace upper": extend("namespace: Foo\n"),
    "commonLabels number": extend("commonLabels: {a: 5}\n"),
    "commonLabels bad value": extend("commonLabels: {a: 'b c'}\n"),
    "commonLabels bad key": extend("commonLabels: {'a b': c}\n"),
    "labels bad value": extend("labels: [{pairs: {a: 'b c'}}]\n"),
    "labels empty pairs": extend("labels: [{pairs: {}}]\n"),
    "commonLabels empty": extend("commonLabels: {}\n"),
    "labels twice": extend("labels: [{pairs: {a: b}}, {pairs: {a: c}}]\n"),
    "commonLabels and labels": extend("commonLabels: {a: b}\nlabels: [{pairs: {a: c}}]\n"),
    "labels templates and selectors": extend("labels: [{pairs: {a: b}, includeSelectors: true, includeTemplates: true}]\n"),
    "commonAnnotations number": extend("commonAnnotations: {a: 5}\n"),
    "commonAnnotations bad key": extend("commonAnnotations: {'a b': c}\n"),
    "replicas nobody": extend("replicas: [{name: none, count: 2}]\n"),
    "replicas service": extend("replicas: [{name: own, count: 2}]\n"),
    "replicas text": extend("replicas: [{name: web, count: '2'}]\n"),
    "replicas negative": extend("replicas: [{name: web, count: -1}]\n"),
    "replicas no count": extend("replicas: [{name: web}]\n"),
    "replicas no name": extend("replicas: [{count: 2}]\n"),
    "images no name": extend("images: [{newTag: a}]\n"),
    "images number tag": extend("images: [{name: i, newTag: 1}]\n"),
    "images tag and digest": extend("images: [{name: i, newTag: a, digest: 'sha256:aa'}]\n"),
    "namePrefix number": extend("namePrefix: 5\n"),
    "namePrefix bad": extend("namePrefix: 'A B'\n"),
    "vars nobody": extend("vars: [{name: A, objref: {kind: Service, name: none, apiVersion: v1}}]\n"),
    "vars no objref": extend("vars: [{name: A}]\n"),
    "vars no name": extend("vars: [{objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars twice": extend("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}}, {name: A, objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars no field": extend("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}, fieldref: {fieldpath: spec.none}}]\n"),
    "vars unused": extend("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars objref unknown": extend("vars: [{name: A, objref: {kind: Service, name: own, foo: v1}}]\n"),
    "vars fieldref unknown": extend("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}, fieldref: {foo: a}}]\n"),
    "vars no apiVersion": extend("vars: [{name: A, objref: {kind: Service, name: own}}]\n"),
    "vars wrong apiVersion": extend("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: apps/v1}}]\n"),
    # replacements
    "repl no source": extend("replacements: [{targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl no targets": extend("replacements: [{source: {kind: Service}}]\n"),
    "repl source nobody": extend("replacements: [{source: {kind: Foo}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl source many": extend("replacements: [{source: {}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl source field none": extend("replacements: [{source: {kind: Service, fieldPath: spec.none}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl target nobody": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Foo}, fieldPaths: [metadata.name]}]}]\n"),
    "repl no select": extend("replacements: [{source: {kind: Service}, targets: [{fieldPaths: [metadata.name]}]}]\n"),
    "repl field none": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.none.x]}]}]\n"),
    "repl no fieldPaths": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}}]}]\n"),
    "repl create": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.none.x], options: {create: true}}]}]\n"),
    "repl index source": extend("replacements: [{source: {kind: Service, options: {delimiter: '-', index: 5}}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl unknown field": extend("replacements: [{source: {kind: Service, foo: x}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl select unknown": extend("replacements: [{source: {kind: Service}, targets: [{select: {foo: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl target unknown": extend("replacements: [{source: {kind: Service}, targets: [{foo: 1, select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl path and source": extend("replacements: [{path: r.yaml, source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n", r_yaml="source: {kind: Service}\ntargets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.app]}]\n"),
    "repl file broken": extend("replacements: [{path: r.yaml}]\n", r_yaml="a: [\n"),
    "repl file unknown": extend("replacements: [{path: r.yaml}]\n", r_yaml="foo: bar\n"),
    "repl file empty": extend("replacements: [{path: r.yaml}]\n", r_yaml=""),
    "repl source map": extend("replacements: [{source: {kind: Service, fieldPath: spec.selector}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels]}]}]\n"),
    "repl source map to text": extend("replacements: [{source: {kind: Service, fieldPath: spec.selector}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl text to map": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels]}]}]\n"),
    "repl bad regex name": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment, name: '('}, fieldPaths: [metadata.name]}]}]\n"),
    "repl bad selector": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment, labelSelector: 'a=b=c'}, fieldPaths: [metadata.name]}]}]\n"),
    "repl index not list": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers.9.name']}]}]\n"),
    "repl list no match": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers.[name=x].image']}]}]\n"),
    "repl delimiter no index": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['metadata.name'], options: {delimiter: '-'}}]}]\n"),
    "repl index negative": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['metadata.labels.app'], options: {delimiter: '-', index: -1}}]}]\n"),
    "repl wildcard map": extend("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.*.x']}]}]\n"),
    "repl source wildcard": copy_port("spec.template.spec.containers.*.name", "metadata.labels.app"),
    "repl source list in parts": copy_port("spec.template.spec.containers, options: {delimiter: x}", "metadata.labels.app"),
    "repl source part none": copy_port("metadata.name, options: {delimiter: e, index: 2}", "metadata.labels.app"),
    "repl source part far": copy_port("metadata.name, options: {delimiter: e, index: 20000}", "metadata.labels.app"),
    "repl source part negative": copy_port("metadata.name, options: {delimiter: e, index: -1}", "metadata.labels.app"),
    "repl source part": copy_port("metadata.name, options: {delimiter: e, index: 1}", "metadata.labels.app"),
    "repl list in parts": copy_port("metadata.name", "spec.template.spec.containers", ", options: {delimiter: x}"),
    "repl text to number": copy_port("metadata.name", "spec.template.spec.containers.0.ports.0.containerPort"),
    "repl number to number": copy_port(PORT, PORT),
    "repl number to text": copy_port(PORT, "metadata.labels.app"),
    "repl number in parts": copy_port(PORT, PORT, ", options: {delimiter: x}"),
    "repl number before number": copy_port(PORT, PORT, ", options: {delimiter: '1', index: -1}"),
    "repl map to number": copy_port("spec.selector", PORT),
    "repl map to label": copy_port("spec.selector", "metadata.labels.app"),
    "buildMetadata bad": extend("buildMetadata: [foo]\n"),
    "buildMetadata ok": extend("buildMetadata: [originAnnotations]\n"),
    "sortOptions bad": extend("sortOptions: {order: foo}\n"),
    "sortOptions legacy": extend("sortOptions: {order: legacy}\n"),
    "sortOptions fifo with legacy": extend("sortOptions: {order: fifo, legacySortOptions: {orderFirst: [Namespace]}}\n"),
    "configurations broken": extend("configurations: [c.yaml]\n", c_yaml="a: [\n"),
    "configurations unknown": extend("configurations: [c.yaml]\n", c_yaml="foo: []\n"),
    "configurations no path": extend("configurations: [c.yaml]\n", c_yaml="namePrefix: [{kind: Foo}]\n"),
    "configurations empty": extend("configurations: [c.yaml]\n", c_yaml=""),
    "metadata ok": extend("metadata: {name: a}\n"),
    "metadata list": extend("metadata: []\n"),
    "metadata name number": extend("metadata: {name: 5}\n"),
    "metadata other": extend("metadata: {foo: a}\n"),
    "generatorOptions bad": extend("generatorOptions: {foo: a}\n"),
    "patches options bad": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}'\n  options: {foo: true}\n"),
    "patches options text": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}'\n  options: {allowNameChange: 'yes'}\n"),
    "patch nobody": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: none}}'\n"),
    "patch nobody portless": extend("patches:\n- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: none}}'\n"),
    "patch wrong version": extend("patches:\n- patch: '{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}'\n"),
    "patch other ns": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: x}}'\n"),
    "patch list for map": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: []}'\n"),
    "patch map for list": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: {a: b}}}}}'\n"),
    "patch scalar for map": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: 5}'\n"),
    "patch container no name": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{image: x}]}}}}'\n"),
    "patch bad directive": extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {$patch: foo}}'\n"),
    "patch two docs target": extend("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n", p_yaml=SMP+"---\n"+SMP),
    "patch two docs json": extend("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n", p_yaml=PATCH+"\n---\n"+PATCH+"\n"),
    "patch path and patch": extend("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n  patch: '%s'\n" % PATCH, p_yaml=SMP),
    "patch empty target": extend("patches:\n- target: {}\n  patch: '%s'\n" % PATCH),
    "patch unknown in target": extend("patches:\n- target: {foo: a}\n  patch: '%s'\n" % PATCH),
    "dup after namespace": {**extend(""), "kustomization.yaml": "namespace: x\nresources: [a.yaml, b.yaml]\n", "a.yaml": SERVICE.replace("name: own", "name: own, namespace: a"), "b.yaml": SERVICE.replace("name: own", "name: own, namespace: b")},
}
CASES["two kustomization files"] = {**extend(""), "kustomization.yml": "resources: [web.yaml]\n"}

CASES["json patch unquoted"] = extend("patches:\n- target: {kind: Service}\n  patch: '[{op: add, path: /metadata/labels, value: {a: b}}]'\n")
CASES["json patch quoted"] = extend("patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"a\": \"b\"}}]'\n")
CASES["json patch comma"] = extend("patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"a\": \"b\"}},]'\n")
CASES["json patch blank first"] = extend("patches:\n- target: {kind: Service}\n  patch: ' [{op: add, path: /metadata/labels, value: {a: b}}]'\n")
CASES["json patch file unquoted"] = extend("patches:\n- target: {kind: Service}\n  path: p.yaml\n", p_yaml="[{op: add, path: /metadata/labels, value: {a: b}}]\n")
CASES["json patch comment first"] = extend("patches:\n- target: {kind: Service}\n  path: p.yaml\n", p_yaml="# c\n[{op: add, path: /metadata/labels, value: {a: b}}]\n")
CASES["json patch dup op key"] = patch_json("[{op: add, op: add, path: /metadata/x, value: y}]")
CASES["json patch trailing"] = extend("patches:\n- target: {kind: Service}\n  patch: '[] x'\n")
CASES["smp json unquoted"] = extend("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}'\n")

# kubectl builds these.
BUILDS = {
    "good", "pattern ok no match", "labelSelector broken no match", "labelSelector gt", "labelSelector empty in",
    "labelSelector eqeq", "labelSelector exists", "labelSelector not", "patch file empty target", "psm twice",
    "p6902 no kind", "p6902 no version", "p6902 nobody", "op no value", "op path slash", "op path trailing",
    "op replace empty key", "op replace missing", "op tilde", "op extra field", "op test ok", "op index minus1",
    "op name number", "openapi broken", "openapi other key", "openapi not schema", "openapi empty file",
    "transformers empty file", "transformers inline", "generators inline cm", "generator merge itself",
    "generator bad behavior", "generator bad key", "generator bad file key", "generator env bad",
    "generator env no =", "generator merge resource", "generator merge base", "generator merge base prefixed",
    "generator merge base prefixed short", "secret type", "generator env and envs", "helmCharts empty",
    "helmGlobals alone", "apiVersion null", "component alone", "two docs", "leading doc", "key twice",
    "key twice nested", "upper key", "json file", "empty resources", "only namespace", "resources empty file",
    "resources comment file", "resources no apiVersion", "resources name number", "resources label number",
    "resources annotation number", "resources annotation bool commonAnnotations", "resources List no items",
    "namespace bad", "namespace upper", "commonLabels bad value", "commonLabels bad key", "labels bad value",
    "labels twice", "commonLabels and labels", "labels templates and selectors", "commonAnnotations bad key",
    "replicas negative", "replicas no count", "images no name", "images tag and digest", "namePrefix bad",
    "vars no name", "vars unused", "repl target nobody", "repl no fieldPaths", "repl create", "repl source map",
    "repl text to map", "repl bad regex name", "repl delimiter no index", "repl index negative", "repl source part",
    "repl number to number", "repl number to text", "repl number in parts", "repl number before number",
    "repl map to label", "buildMetadata bad",
    "buildMetadata ok", "sortOptions legacy", "configurations no path", "configurations empty", "metadata ok",
    "patches options bad", "patch container no name", "patch two docs json", "patch empty target",
    "labels empty pairs", "commonLabels empty",
    "openapi version", "transformers bad field", "transformers unknown field", "resources aliases of aliases",
    "Prefix fieldSpecs empty", "Suffix fieldSpecs empty", "PrefixSuffix fieldSpecs empty", "Label fieldSpecs null",
    "Label fieldSpecs empty", "Label fieldSpecs missing", "Annotations fieldSpecs null", "Annotations fieldSpecs empty",
    "Annotations fieldSpecs missing", "json patch quoted", "json patch comment first", "json patch dup op key", "smp json unquoted",
}

# kubectl refuses these, and they are notes or nothing here: a chart or a plugin is built by another command, and objects
# without ports are not read.
NOT_JUDGED = {
    "generator clash with resource", "generator merge ns resource", "generator merge other ns", "generators svc",
    "helmChartInflationGenerator", "helmCharts", "transformers foreign", "validators foreign",
}


def make_files(folder, files):
    for name, text in files.items():
        path = os.path.join(folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)


def is_refused(program, folder):
    done = subprocess.run([program, "--no-config", "--lint", "-o", "json", "."], cwd=folder, stdout=subprocess.PIPE,
                          check=False, timeout=60)
    errors = [f for f in json.loads(done.stdout)["findings"] if f["rule"] == "KP902" and f["severity"] == "error"]
    placed = [f for f in errors if any(p["location"] and p["location"]["column"] for p in f["parties"])]
    if len(placed) < len(errors) or bool(errors) != (done.returncode == 2):
        return None
    return bool(errors)


def is_refused_by_kubectl(program, folder):
    return subprocess.run([program, "kustomize", folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                          check=False, timeout=60).returncode != 0


def main(arguments):
    is_kubectl = arguments[0] == "--kubectl"
    judge = is_refused_by_kubectl if is_kubectl else is_refused
    with tempfile.TemporaryDirectory() as top, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        folders = []
        for number, files in enumerate(CASES.values()):
            folders.append(os.path.join(top, str(number)))
            make_files(folders[-1], files)
        verdicts = list(pool.map(lambda folder: judge(os.path.abspath(arguments[-1]), folder), folders))
    equal = 0
    for name, verdict in zip(CASES, verdicts):
        wanted = name not in BUILDS and (is_kubectl or name not in NOT_JUDGED)
        equal += verdict == wanted
        if verdict != wanted:
            print(f"{name}: refused: {verdict}, recorded: {wanted}")
    print(f"{equal} of {len(CASES)} are equal")
    return 0 if equal == len(CASES) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
