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
PATCH = "- {op: add, path: /metadata/labels, value: {a: b}}"
SMP = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 2}\n"


def k(text, **files):
    """Files of a kustomization of two resources and `text`; d__x_yaml is the file d/x.yaml."""
    case = {"kustomization.yaml": "resources: [own.yaml, web.yaml]\n" + text, "own.yaml": SERVICE, "web.yaml": DEPLOY}
    for name, content in files.items():
        case[name.replace("__", "/").replace("_yaml", ".yaml").replace("_json", ".json")] = content
    return case


def raw(text, **files):
    return {**k("", **files), "kustomization.yaml": text}


def tgt(target):
    return k("patches:\n- target: {%s}\n  patch: '%s'\n" % (target, PATCH))


def jp(ops):
    ops = "- " + ops[1:-1] if ops.startswith("[{") else ops
    return k("patches:\n- target: {kind: Service}\n  patch: '%s'\n" % ops)


CASES = {
    "good": k(""),
    # patterns
    "pattern name": tgt("name: '('".replace("'", '"')),
    "pattern kind": tgt('kind: "[a-"'),
    "pattern ns": tgt('namespace: "*"'),
    "pattern group": tgt('group: "a**"'),
    "pattern version": tgt('version: "(?=a)"'),
    "pattern unmatched": tgt('kind: Nope, name: "("'),
    "pattern ok no match": tgt('kind: Nope'),
    "labelSelector broken": tgt('labelSelector: "a=b=c"'),
    "labelSelector broken no match": tgt('kind: Nope, labelSelector: "a=b=c"'),
    "labelSelector in open": tgt('labelSelector: "a in (b"'),
    "labelSelector bad key": tgt('labelSelector: "-a=b"'),
    "labelSelector bad value": tgt('labelSelector: "a=-b"'),
    "labelSelector two commas": tgt('labelSelector: "a=b,,c=d"'),
    "labelSelector trailing comma": tgt('labelSelector: "a=b,"'),
    "labelSelector space": tgt('labelSelector: "a b"'),
    "labelSelector gt": tgt('labelSelector: "a > 5"'),
    "labelSelector gt text": tgt('labelSelector: "a > x"'),
    "labelSelector empty in": tgt('labelSelector: "a in ()"'),
    "labelSelector eqeq": tgt('labelSelector: "app==web"'),
    "labelSelector exists": tgt('labelSelector: "app"'),
    "labelSelector not": tgt('labelSelector: "!app"'),
    "labelSelector slash key": tgt('labelSelector: "a.b/c/d=e"'),
    "annotationSelector broken": tgt('annotationSelector: "a=b=c"'),
    "annotationSelector long value": tgt('annotationSelector: "a=%s"' % ("x"*64)),
    # empty patches
    "patch empty text": k("patches:\n- target: {kind: Service}\n  patch: ''\n"),
    "patch only comment": k("patches:\n- target: {kind: Service}\n  patch: '# c'\n"),
    "patch list empty": jp("[]"),
    "patch map empty": jp("{}"),
    "patch null": jp("null"),
    "patch scalar": jp("hello"),
    "patch number": jp("5"),
    "patch no target comment": k("patches:\n- patch: '# c'\n"),
    "patch file empty": k("patches:\n- path: p.yaml\n", p_yaml=""),
    "patch file comment": k("patches:\n- path: p.yaml\n", p_yaml="# c\n"),
    "patch file empty target": k("patches:\n- path: p.yaml\n  target: {kind: Service}\n", p_yaml=""),
    "patch file docs": k("patches:\n- path: p.yaml\n", p_yaml="---\n---\n"+SMP),
    "patch file missing": k("patches:\n- path: p.yaml\n"),
    "patch smp no name": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment}'\n"),
    "patch smp no kind": k("patches:\n- patch: '{apiVersion: apps/v1, metadata: {name: web}}'\n"),
    "patch smp no apiVersion": k("patches:\n- patch: '{kind: Deployment, metadata: {name: web}}'\n"),
    "patch entry empty": k("patches:\n- {}\n"),
    "patch entry target only": k("patches:\n- target: {kind: Service}\n"),
    "patch list null item": k("patches:\n- null\n"),
    "psm empty file": k("patchesStrategicMerge: [p.yaml]\n", p_yaml=""),
    "psm comment file": k("patchesStrategicMerge: [p.yaml]\n", p_yaml="# c\n"),
    "psm missing": k("patchesStrategicMerge: [p.yaml]\n"),
    "psm empty entry": k("patchesStrategicMerge: ['']\n"),
    "psm json list": k("patchesStrategicMerge: [p.yaml]\n", p_yaml=PATCH),
    "psm twice": k("patchesStrategicMerge: [p.yaml, p.yaml]\n", p_yaml=SMP),
    "psm ops inline": k("patchesStrategicMerge:\n- |-\n  - op: add\n    path: /a\n    value: b\n"),
    "p6902 no target": k("patchesJson6902:\n- patch: '%s'\n" % PATCH),
    "p6902 no kind": k("patchesJson6902:\n- target: {version: v1, name: own}\n  patch: '%s'\n" % PATCH),
    "p6902 no version": k("patchesJson6902:\n- target: {kind: Service, name: own}\n  patch: '%s'\n" % PATCH),
    "p6902 nobody": k("patchesJson6902:\n- target: {version: v1, kind: Service, name: none}\n  patch: '%s'\n" % PATCH),
    "p6902 pattern broken": k("patchesJson6902:\n- target: {version: v1, kind: Service, name: '('}\n  patch: '%s'\n" % PATCH),
    "p6902 empty": k("patchesJson6902:\n- target: {version: v1, kind: Service, name: own}\n  patch: '[]'\n"),
    "p6902 missing file": k("patchesJson6902:\n- target: {version: v1, kind: Service, name: own}\n  path: nope.yaml\n"),
    # JSON operations
    "op unknown": jp("[{op: foo, path: /a, value: b}]"),
    "op missing": jp("[{path: /a, value: b}]"),
    "op no path": jp("[{op: add, value: b}]"),
    "op no value": jp("[{op: add, path: /a}]"),
    "op replace no value": jp("[{op: replace, path: /kind}]"),
    "op path empty": jp('[{op: add, path: "", value: {}}]'),
    "op path no slash": jp("[{op: add, path: a, value: b}]"),
    "op path slash": jp("[{op: add, path: /, value: b}]"),
    "op path trailing": jp("[{op: add, path: /metadata/, value: b}]"),
    "op path double": jp("[{op: add, path: /metadata//x, value: b}]"),
    "op remove empty key": jp("[{op: remove, path: /metadata/}]"),
    "op replace empty key": jp("[{op: replace, path: /metadata/, value: x}]"),
    "op replace missing": jp("[{op: replace, path: /spec/nope, value: x}]"),
    "op tilde": jp("[{op: add, path: /metadata/a~2b, value: x}]"),
    "op extra field": jp("[{op: add, path: /metadata/x, value: x, foo: bar}]"),
    "op move no from": jp("[{op: move, path: /metadata/x}]"),
    "op copy from missing": jp("[{op: copy, from: /a/b, path: /metadata/x}]"),
    "op test ok": jp("[{op: test, path: /kind, value: Service}]"),
    "op test fails": jp("[{op: test, path: /kind, value: Pod}]"),
    "op test no value": jp("[{op: test, path: /nope}]"),
    "op index": jp("[{op: add, path: /spec/ports/5, value: {port: 1}}]"),
    "op index text": jp("[{op: add, path: /spec/ports/a, value: {port: 1}}]"),
    "op index minus1": jp("[{op: replace, path: /spec/ports/-1, value: {port: 1}}]"),
    "op remove dash": jp("[{op: remove, path: /spec/ports/-}]"),
    "op upper": jp("[{op: ADD, path: /metadata/x, value: y}]"),
    "op key upper": jp("[{OP: add, PATH: /metadata/x, VALUE: y}]"),
    "op map with op": jp("{op: add, path: /metadata/x, value: y}"),
    "op item scalar": jp("[foo]"),
    "op number path": jp("[{op: add, path: 5, value: x}]"),
    "op remove kind": jp("[{op: remove, path: /kind}]"),
    "op remove name": jp("[{op: remove, path: /metadata/name}]"),
    "op remove metadata": jp("[{op: remove, path: /metadata}]"),
    "op name number": jp("[{op: replace, path: /metadata/name, value: 5}]"),
    # missing files
    "crds missing": k("crds: [none.yaml]\n"),
    "crds not crd": k("crds: [own.yaml]\n"),
    "crds folder": k("crds: [d]\n", d__x_yaml=SERVICE),
    "openapi missing": k("openapi: {path: none.json}\n"),
    "openapi broken": k("openapi: {path: o.json}\n", o_json="{"),
    "openapi version": k("openapi: {version: v1.20.4}\n"),
    "openapi version unknown": k("openapi: {version: v9.9.9}\n"),
    "openapi both": k("openapi: {version: v1.20.4, path: o.json}\n", o_json="{}"),
    "openapi other key": k("openapi: {foo: bar}\n"),
    "openapi not schema": k("openapi: {path: o.json}\n", o_json="{}"),
    "openapi empty file": k("openapi: {path: o.json}\n", o_json=""),
    "validators missing": k("validators: [none.yaml]\n"),
    "transformers missing": k("transformers: [none.yaml]\n"),
    "generators missing": k("generators: [none.yaml]\n"),
    "configurations missing": k("configurations: [none.yaml]\n"),
    "components missing": k("components: [none]\n"),
    "components file": k("components: [own.yaml]\n"),
    "resources missing": k("bases: [none]\n"),
    "replacements missing": k("replacements: [{path: none.yaml}]\n"),
    "replacements file of a text": k("replacements: [{path: r.yaml}]\n", r_yaml="- sourc\n"),
    "replacements file of a number": k("replacements: [{path: r.yaml}]\n", r_yaml="- 5\n"),
    "replacements file of lists": k("replacements: [{path: r.yaml}]\n", r_yaml="- []\n"),
    "replacements file, source a text": k("replacements: [{path: r.yaml}]\n", r_yaml="- source: !!map x\n"),
    "replacements file, targets a text": k("replacements: [{path: r.yaml}]\n", r_yaml="- targets: !!seq x\n"),
    "transformers unknown kind": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: Foo\nmetadata: {name: a}\n"),
    "transformers foreign": k("transformers: [t.yaml]\n", t_yaml="apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: a}\n"),
    "transformers no name": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nprefix: a-\n"),
    "transformers empty file": k("transformers: [t.yaml]\n", t_yaml=""),
    "transformers bad field": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: 5\n"),
    "transformers unknown field": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PrefixTransformer\nmetadata: {name: a}\nprefix: a-\nfoo: bar\n"),
    "transformers patch broken": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\ntarget: {kind: '('}\npatch: '%s'\n" % PATCH),
    "transformers patch no target": k("transformers: [t.yaml]\n", t_yaml="apiVersion: builtin\nkind: PatchTransformer\nmetadata: {name: a}\npatch: '%s'\n" % PATCH),
    "transformers inline": k("transformers:\n- |-\n  apiVersion: builtin\n  kind: PrefixTransformer\n  metadata: {name: a}\n  prefix: a-\n  fieldSpecs: [{path: metadata/name}]\n"),
    "transformers inline broken": k("transformers:\n- |-\n  apiVersion: builtin\n  kind: [\n"),
    "generators inline cm": k("generators:\n- |-\n  apiVersion: builtin\n  kind: ConfigMapGenerator\n  metadata: {name: a}\n  name: a\n  literals: [a=b]\n"),
    "validators foreign": k("validators: [t.yaml]\n", t_yaml="apiVersion: example.org/v1\nkind: Foo\nmetadata: {name: a}\n"),
    "generators svc": k("generators: [own.yaml]\n"),
    # generators
    "generator twice": k("configMapGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, literals: [c=d]}\n"),
    "generator twice create": k("configMapGenerator:\n- {name: a, behavior: create, literals: [a=b]}\n- {name: a, behavior: create, literals: [c=d]}\n"),
    "generator merge itself": k("configMapGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, behavior: merge, literals: [c=d]}\n"),
    "generator merge none": k("configMapGenerator:\n- {name: a, behavior: merge, literals: [a=b]}\n"),
    "generator replace none": k("configMapGenerator:\n- {name: a, behavior: replace, literals: [a=b]}\n"),
    "secret merge none": k("secretGenerator:\n- {name: a, behavior: merge, literals: [a=b]}\n"),
    "secret twice": k("secretGenerator:\n- {name: a, literals: [a=b]}\n- {name: a, literals: [c=d]}\n"),
    "generator bad behavior": k("configMapGenerator:\n- {name: a, behavior: foo, literals: [a=b]}\n"),
    "generator no name": k("configMapGenerator:\n- {literals: [a=b]}\n"),
    "generator key twice": k("configMapGenerator:\n- {name: a, literals: [a=b, a=c]}\n"),
    "generator key in file and literal": k("configMapGenerator:\n- {name: a, literals: [own.yaml=b], files: [own.yaml]}\n"),
    "generator literal without =": k("configMapGenerator:\n- {name: a, literals: [ab]}\n"),
    "generator literal empty key": k("configMapGenerator:\n- {name: a, literals: ['=b']}\n"),
    "generator bad key": k("configMapGenerator:\n- {name: a, literals: ['a b=c']}\n"),
    "generator bad file key": k("configMapGenerator:\n- {name: a, files: ['a b=own.yaml']}\n"),
    "generator file two =": k("configMapGenerator:\n- {name: a, files: ['a=b=own.yaml']}\n"),
    "generator file no key": k("configMapGenerator:\n- {name: a, files: ['=own.yaml']}\n"),
    "generator file no value": k("configMapGenerator:\n- {name: a, files: ['a=']}\n"),
    "generator file missing": k("configMapGenerator:\n- {name: a, files: [none]}\n"),
    "generator folder": k("configMapGenerator:\n- {name: a, files: [d]}\n", d__x_yaml="a"),
    "generator env missing": k("configMapGenerator:\n- {name: a, envs: [none]}\n"),
    "generator env bad": k("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="a b=c\n"),
    "generator env twice": k("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="a=c\na=d\n"),
    "generator env no =": k("configMapGenerator:\n- {name: a, envs: [e.yaml]}\n", e_yaml="FOO\n"),
    "generator clash with resource": {**k("configMapGenerator:\n- {name: cm, literals: [a=b]}\n"), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge resource": {**k(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge other ns": {**k(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, namespace: x, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm}\n"},
    "generator merge ns resource": {**k(""), "kustomization.yaml": "resources: [cm.yaml]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "cm.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: cm, namespace: x}\n"},
    "generator merge base": {**k(""), "kustomization.yaml": "resources: [base]\nnamePrefix: p-\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "configMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator merge base prefixed": {**k(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: p-cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "namePrefix: p-\nconfigMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator merge base prefixed short": {**k(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: cm, behavior: merge, literals: [a=b]}\n", "base/kustomization.yaml": "namePrefix: p-\nconfigMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "generator create over base": {**k(""), "kustomization.yaml": "resources: [base]\nconfigMapGenerator:\n- {name: cm, literals: [a=b]}\n", "base/kustomization.yaml": "configMapGenerator:\n- {name: cm, literals: [c=d]}\n"},
    "secret type": k("secretGenerator:\n- {name: a, type: foo, literals: [a=b]}\n"),
    "generator env and envs": k("configMapGenerator:\n- {name: a, env: own.yaml}\n"),
    # helm
    "helmCharts": k("helmCharts:\n- {name: a, repo: 'https://example.org', version: '1'}\n"),
    "helmCharts empty": k("helmCharts: []\n"),
    "helmGlobals alone": k("helmGlobals: {chartHome: charts}\n"),
    "helmChartInflationGenerator": k("helmChartInflationGenerator:\n- {chartName: a, chartRepoUrl: 'https://example.org'}\n"),
    # kustomization head
    "apiVersion foo/v1": raw("apiVersion: foo/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion foo/v1 no kind": raw("apiVersion: foo/v1\nresources: [own.yaml]\n"),
    "apiVersion v1": raw("apiVersion: kustomize.config.k8s.io/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion v1alpha1": raw("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion flux": raw("apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nresources: [own.yaml]\n"),
    "apiVersion number": raw("apiVersion: 5\nresources: [own.yaml]\n"),
    "apiVersion null": raw("apiVersion:\nkind:\nresources: [own.yaml]\n"),
    "kind foo": raw("kind: Foo\nresources: [own.yaml]\n"),
    "kind lower": raw("kind: kustomization\nresources: [own.yaml]\n"),
    "component alone": raw("apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nresources: [own.yaml]\n"),
    "component v1beta1": raw("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Component\nresources: [own.yaml]\n"),
    "two docs": raw("resources: [own.yaml]\n---\nresources: [web.yaml]\n"),
    "leading doc": raw("---\nresources: [own.yaml]\n"),
    "list": raw("- a\n"),
    "scalar": raw("hello\n"),
    "key twice": raw("resources: [own.yaml]\nresources: [web.yaml]\n"),
    "key twice nested": k("patches:\n- target: {kind: Service, kind: Service}\n  patch: '%s'\n" % PATCH),
    "unknown": k("foo: bar\n"),
    "upper key": raw("Resources: [own.yaml]\n"),
    "json file": raw('{"resources": ["own.yaml"]}\n'),
    "tabs": raw("resources:\n\t- own.yaml\n"),
    "anchor": raw("x: &a [own.yaml]\nresources: *a\n"),
    "empty resources": raw("resources: []\n"),
    "only namespace": raw("namespace: foo\n"),
    "resources scalar": raw("resources: own.yaml\n"),
    "resources null item": raw("resources: [own.yaml, null]\n"),
    "resources empty item": raw("resources: [own.yaml, '']\n"),
    "resources number": raw("resources: [own.yaml, 5]\n"),
    "resources dot": raw("resources: [own.yaml, .]\n"),
    "resources twice": raw("resources: [own.yaml, own.yaml]\n"),
    "resources empty file": raw("resources: [own.yaml, e.yaml]\n", e_yaml=""),
    "resources comment file": raw("resources: [own.yaml, e.yaml]\n", e_yaml="# c\n"),
    "resources broken": raw("resources: [own.yaml, e.yaml]\n", e_yaml="a: [\n"),
    "resources list": raw("resources: [own.yaml, e.yaml]\n", e_yaml="- a\n"),
    "resources scalar doc": raw("resources: [own.yaml, e.yaml]\n", e_yaml="hello\n"),
    "resources no kind": raw("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nmetadata: {name: x}\n"),
    "resources no name": raw("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Service\nmetadata: {}\n"),
    "resources no metadata": raw("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Service\n"),
    "resources generateName": raw("resources: [own.yaml, e.yaml]\n", e_yaml="apiVersion: v1\nkind: Pod\nmetadata: {generateName: x-}\n"),
    "resources no apiVersion": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\nmetadata: {name: x}\n"),
    "resources dup key": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x}\nmetadata: {name: y}\n"),
    "resources name number": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: 5}\n"),
    "resources label number": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, labels: {a: 5}}\n"),
    "resources annotation number": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, annotations: {a: 5}}\n"),
    "resources annotation bool commonAnnotations": raw("resources: [own.yaml, e.yaml]\ncommonAnnotations: {c: d}\n", e_yaml="kind: Service\napiVersion: v1\nmetadata: {name: x, annotations: {a: true}}\n"),
    "resources List with bad": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: List\napiVersion: v1\nitems:\n- {kind: Service, apiVersion: v1}\n"),
    "resources List no items": raw("resources: [own.yaml, e.yaml]\n", e_yaml="kind: List\napiVersion: v1\n"),
    "resources kustomization as file": raw("resources: [own.yaml, d/kustomization.yaml]\n", d__kustomization_yaml="resources: [x.yaml]\n", d__x_yaml=SERVICE.replace("own","x")),
    "base empty": raw("resources: [own.yaml, d]\n", d__kustomization_yaml=""),
    "base broken": raw("resources: [own.yaml, d]\n", d__kustomization_yaml="a: [\n"),
    "base unknown field": raw("resources: [own.yaml, d]\n", d__kustomization_yaml="foo: []\n"),
    "base component": raw("resources: [own.yaml, d]\n", d__kustomization_yaml="kind: Component\napiVersion: kustomize.config.k8s.io/v1alpha1\n"),
    "component is kustomization": k("components: [d]\n", d__kustomization_yaml="resources: []\nnamePrefix: a-\n"),
    # fields
    "namespace bad": k("namespace: 'a b'\n"),
    "namespace upper": k("namespace: Foo\n"),
    "commonLabels number": k("commonLabels: {a: 5}\n"),
    "commonLabels bad value": k("commonLabels: {a: 'b c'}\n"),
    "commonLabels bad key": k("commonLabels: {'a b': c}\n"),
    "labels bad value": k("labels: [{pairs: {a: 'b c'}}]\n"),
    "labels twice": k("labels: [{pairs: {a: b}}, {pairs: {a: c}}]\n"),
    "commonLabels and labels": k("commonLabels: {a: b}\nlabels: [{pairs: {a: c}}]\n"),
    "labels templates and selectors": k("labels: [{pairs: {a: b}, includeSelectors: true, includeTemplates: true}]\n"),
    "commonAnnotations number": k("commonAnnotations: {a: 5}\n"),
    "commonAnnotations bad key": k("commonAnnotations: {'a b': c}\n"),
    "replicas nobody": k("replicas: [{name: none, count: 2}]\n"),
    "replicas service": k("replicas: [{name: own, count: 2}]\n"),
    "replicas text": k("replicas: [{name: web, count: '2'}]\n"),
    "replicas negative": k("replicas: [{name: web, count: -1}]\n"),
    "replicas no count": k("replicas: [{name: web}]\n"),
    "replicas no name": k("replicas: [{count: 2}]\n"),
    "images no name": k("images: [{newTag: a}]\n"),
    "images number tag": k("images: [{name: i, newTag: 1}]\n"),
    "images tag and digest": k("images: [{name: i, newTag: a, digest: 'sha256:aa'}]\n"),
    "namePrefix number": k("namePrefix: 5\n"),
    "namePrefix bad": k("namePrefix: 'A B'\n"),
    "vars nobody": k("vars: [{name: A, objref: {kind: Service, name: none, apiVersion: v1}}]\n"),
    "vars no objref": k("vars: [{name: A}]\n"),
    "vars no name": k("vars: [{objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars twice": k("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}}, {name: A, objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars no field": k("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}, fieldref: {fieldpath: spec.none}}]\n"),
    "vars unused": k("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}}]\n"),
    "vars objref unknown": k("vars: [{name: A, objref: {kind: Service, name: own, foo: v1}}]\n"),
    "vars fieldref unknown": k("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: v1}, fieldref: {foo: a}}]\n"),
    "vars no apiVersion": k("vars: [{name: A, objref: {kind: Service, name: own}}]\n"),
    "vars wrong apiVersion": k("vars: [{name: A, objref: {kind: Service, name: own, apiVersion: apps/v1}}]\n"),
    # replacements
    "repl no source": k("replacements: [{targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl no targets": k("replacements: [{source: {kind: Service}}]\n"),
    "repl source nobody": k("replacements: [{source: {kind: Foo}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl source many": k("replacements: [{source: {}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl source field none": k("replacements: [{source: {kind: Service, fieldPath: spec.none}, targets: [{select: {kind: Service}, fieldPaths: [metadata.name]}]}]\n"),
    "repl target nobody": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Foo}, fieldPaths: [metadata.name]}]}]\n"),
    "repl no select": k("replacements: [{source: {kind: Service}, targets: [{fieldPaths: [metadata.name]}]}]\n"),
    "repl field none": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.none.x]}]}]\n"),
    "repl no fieldPaths": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}}]}]\n"),
    "repl create": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [spec.none.x], options: {create: true}}]}]\n"),
    "repl index source": k("replacements: [{source: {kind: Service, options: {delimiter: '-', index: 5}}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl unknown field": k("replacements: [{source: {kind: Service, foo: x}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl select unknown": k("replacements: [{source: {kind: Service}, targets: [{select: {foo: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl target unknown": k("replacements: [{source: {kind: Service}, targets: [{foo: 1, select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl path and source": k("replacements: [{path: r.yaml, source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n", r_yaml="source: {kind: Service}\ntargets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels.app]}]\n"),
    "repl file broken": k("replacements: [{path: r.yaml}]\n", r_yaml="a: [\n"),
    "repl file unknown": k("replacements: [{path: r.yaml}]\n", r_yaml="foo: bar\n"),
    "repl file empty": k("replacements: [{path: r.yaml}]\n", r_yaml=""),
    "repl source map": k("replacements: [{source: {kind: Service, fieldPath: spec.selector}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels]}]}]\n"),
    "repl source map to text": k("replacements: [{source: {kind: Service, fieldPath: spec.selector}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.name]}]}]\n"),
    "repl text to map": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: [metadata.labels]}]}]\n"),
    "repl bad regex name": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment, name: '('}, fieldPaths: [metadata.name]}]}]\n"),
    "repl bad selector": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment, labelSelector: 'a=b=c'}, fieldPaths: [metadata.name]}]}]\n"),
    "repl index not list": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers.9.name']}]}]\n"),
    "repl list no match": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.template.spec.containers.[name=x].image']}]}]\n"),
    "repl delimiter no index": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['metadata.name'], options: {delimiter: '-'}}]}]\n"),
    "repl index negative": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['metadata.labels.app'], options: {delimiter: '-', index: -1}}]}]\n"),
    "repl wildcard map": k("replacements: [{source: {kind: Service}, targets: [{select: {kind: Deployment}, fieldPaths: ['spec.*.x']}]}]\n"),
    "buildMetadata bad": k("buildMetadata: [foo]\n"),
    "buildMetadata ok": k("buildMetadata: [originAnnotations]\n"),
    "sortOptions bad": k("sortOptions: {order: foo}\n"),
    "sortOptions legacy": k("sortOptions: {order: legacy}\n"),
    "sortOptions fifo with legacy": k("sortOptions: {order: fifo, legacySortOptions: {orderFirst: [Namespace]}}\n"),
    "configurations broken": k("configurations: [c.yaml]\n", c_yaml="a: [\n"),
    "configurations unknown": k("configurations: [c.yaml]\n", c_yaml="foo: []\n"),
    "configurations no path": k("configurations: [c.yaml]\n", c_yaml="namePrefix: [{kind: Foo}]\n"),
    "configurations empty": k("configurations: [c.yaml]\n", c_yaml=""),
    "metadata ok": k("metadata: {name: a}\n"),
    "metadata list": k("metadata: []\n"),
    "metadata name number": k("metadata: {name: 5}\n"),
    "metadata other": k("metadata: {foo: a}\n"),
    "generatorOptions bad": k("generatorOptions: {foo: a}\n"),
    "patches options bad": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}'\n  options: {foo: true}\n"),
    "patches options text": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}}'\n  options: {allowNameChange: 'yes'}\n"),
    "patch nobody": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: none}}'\n"),
    "patch nobody portless": k("patches:\n- patch: '{apiVersion: v1, kind: ConfigMap, metadata: {name: none}}'\n"),
    "patch wrong version": k("patches:\n- patch: '{apiVersion: apps/v1beta1, kind: Deployment, metadata: {name: web}}'\n"),
    "patch other ns": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web, namespace: x}}'\n"),
    "patch list for map": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: []}'\n"),
    "patch map for list": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: {a: b}}}}}'\n"),
    "patch scalar for map": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: 5}'\n"),
    "patch container no name": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {template: {spec: {containers: [{image: x}]}}}}'\n"),
    "patch bad directive": k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {$patch: foo}}'\n"),
    "patch two docs target": k("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n", p_yaml=SMP+"---\n"+SMP),
    "patch two docs json": k("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n", p_yaml=PATCH+"\n---\n"+PATCH+"\n"),
    "patch path and patch": k("patches:\n- target: {kind: Deployment}\n  path: p.yaml\n  patch: '%s'\n" % PATCH, p_yaml=SMP),
    "patch empty target": k("patches:\n- target: {}\n  patch: '%s'\n" % PATCH),
    "patch unknown in target": k("patches:\n- target: {foo: a}\n  patch: '%s'\n" % PATCH),
    "dup after namespace": {**k(""), "kustomization.yaml": "namespace: x\nresources: [a.yaml, b.yaml]\n", "a.yaml": SERVICE.replace("name: own", "name: own, namespace: a"), "b.yaml": SERVICE.replace("name: own", "name: own, namespace: b")},
}
CASES["two kustomization files"] = {**k(""), "kustomization.yml": "resources: [web.yaml]\n"}

CASES["json patch unquoted"] = k("patches:\n- target: {kind: Service}\n  patch: '[{op: add, path: /metadata/labels, value: {a: b}}]'\n")
CASES["json patch quoted"] = k("patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"a\": \"b\"}}]'\n")
CASES["json patch comma"] = k("patches:\n- target: {kind: Service}\n  patch: '[{\"op\": \"add\", \"path\": \"/metadata/labels\", \"value\": {\"a\": \"b\"}},]'\n")
CASES["json patch blank first"] = k("patches:\n- target: {kind: Service}\n  patch: ' [{op: add, path: /metadata/labels, value: {a: b}}]'\n")
CASES["json patch file unquoted"] = k("patches:\n- target: {kind: Service}\n  path: p.yaml\n", p_yaml="[{op: add, path: /metadata/labels, value: {a: b}}]\n")
CASES["json patch comment first"] = k("patches:\n- target: {kind: Service}\n  path: p.yaml\n", p_yaml="# c\n[{op: add, path: /metadata/labels, value: {a: b}}]\n")
CASES["json patch dup op key"] = jp("[{op: add, op: add, path: /metadata/x, value: y}]")
CASES["json patch trailing"] = k("patches:\n- target: {kind: Service}\n  patch: '[] x'\n")
CASES["smp json unquoted"] = k("patches:\n- patch: '{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, spec: {replicas: 3}}'\n")

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
    "repl text to map", "repl bad regex name", "repl delimiter no index", "repl index negative", "buildMetadata bad",
    "buildMetadata ok", "sortOptions legacy", "configurations no path", "configurations empty", "metadata ok",
    "patches options bad", "patch container no name", "patch two docs json", "patch empty target",
    "json patch quoted", "json patch comment first", "json patch dup op key", "smp json unquoted",
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
