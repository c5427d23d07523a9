"""Renders the Helm chart by Helm's own engine, judges what comes out, and compares it with the plain manifests.

deploy_chart.py CHART MANIFESTS OUT: writes the renderings to OUT, and prints one JSON line for each case: {"case", "wrong"}.
"""

import json
import pathlib
import sys

import helm_python as helm
import kubernetes_validate
import yaml

# The oldest that Chart.yaml takes, and the newest that the validator knows.
VERSIONS = ["1.27.0", kubernetes_validate.latest_version()]
# The validator has no schemas of operators.
OPERATORS = {"ServiceMonitor"}

# What people set, one of each branch of the templates.
VALUES = {
    "defaults": {},
    "everything": {
        "fullnameOverride": "watch",
        "image": {"digest": "sha256:" + "0" * 64, "pullPolicy": "Always"},
        "imagePullSecrets": [{"name": "registry"}],
        "config": 'backends = ["otlp:https://collector:4318"]\n[delivery]\nqueue_records = 1000\n',
        "env": [{"name": "QUIPU_LOG", "value": "info"}],
        "envFrom": [{"secretRef": {"name": "tokens"}}],
        "persistence": {"storageClass": "fast", "size": "100Gi", "whenDeleted": "Delete"},
        "extraPorts": [{"name": "jaeger-udp", "port": 6831, "protocol": "UDP"}, {"name": "zipkin", "port": 9411}],
        "service": {"type": "LoadBalancer", "annotations": {"a.example/b": "c"}},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "ingress": {"enabled": True, "className": "nginx", "tlsSecret": "quipu-tls", "annotations": {"a": "b"}},
        "serviceAccount": {"name": "watcher", "annotations": {"a": "b"}},
        "podAnnotations": {"a": "b"}, "podLabels": {"team": "agents"}, "nodeSelector": {"disk": "ssd"},
        "tolerations": [{"operator": "Exists"}], "affinity": {"podAntiAffinity": {}}, "priorityClassName": "high",
    },
    "existing claim": {"persistence": {"existingClaim": "old"}, "serviceAccount": {"create": False}},
    "no disk, no policy": {"persistence": {"enabled": False}, "networkPolicy": {"enabled": False}},
    "nobody may come in": {"networkPolicy": {"sendersFrom": [], "lookersFrom": [], "scrapersFrom": [], "egress": []}},
}

# What the schema must refuse: the key that is wrong.
REFUSED = {
    "replicas": {"replicas": 2},
    "pullPolicy": {"image": {"pullPolicy": "Sometimes"}},
    "size": {"persistence": {"size": "a lot"}},
    "port": {"extraPorts": [{"name": "zipkin", "port": 99999}]},
    "config": {"config": {"backends": []}},
    "digest": {"image": {"digest": "latest"}},
}


def say(case, wrong):
    print(json.dumps({"case": case, "wrong": wrong}), flush=True)


def documents(rendered):
    texts = (text for name, text in rendered.items() if not name.endswith("NOTES.txt"))
    return [document for text in texts for document in yaml.safe_load_all(text) if document]


def judge(document):
    """What the validator and a look at the security context say of one document."""
    wrong = []
    name = f"{document['kind']} {document['metadata']['name']}"
    if document["kind"] not in OPERATORS:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except Exception as error:  # noqa: BLE001, each library has its own
                wrong.append(f"{name}, {version}: {str(error)[:300]}")
    spec = document["spec"].get("template", {"spec": document["spec"]})["spec"] if "spec" in document else {}
    for container in spec.get("containers", []):
        context = container.get("securityContext", {})
        safe = context.get("readOnlyRootFilesystem") and context.get("allowPrivilegeEscalation") is False
        if not (safe and spec["securityContext"].get("runAsNonRoot") and not spec.get("automountServiceAccountToken", True)):
            wrong.append(f"{name}: container {container['name']} is not confined")
    return wrong


def entrance(document):
    """Rules that let everybody in by accident: a rule without peers."""
    rules = document["spec"].get("ingress") or []
    return [f"a rule lets everybody in: {rule}" for rule in rules if not rule.get("from")]


def chart(folder, out):
    report = helm.lint(folder, strict=True, namespace="quipu", kube_version="v1.32.0")
    said = [message["error"] for message in report["messages"] if message["severity"] >= 2]
    say("helm lint --strict", said + report["errors"])
    with helm.Chart.load(folder) as loaded:
        for case, values in VALUES.items():
            rendered = documents(loaded.render(values, name="quipu", namespace="quipu"))
            policies = [one for one in rendered if one["kind"] == "NetworkPolicy"]
            wrong = [word for one in rendered for word in judge(one)]
            wrong += [word for one in policies for word in entrance(one)]
            (out / f"{case.replace(' ', '-').replace(',', '')}.yaml").write_text(yaml.safe_dump_all(rendered))
            kinds = len({one["kind"] for one in rendered})
            say(f"chart, {case}: {len(rendered)} documents of {kinds} kinds", wrong)
        for key, values in REFUSED.items():
            say(f"chart refuses a wrong {key}", unrefused(loaded, key, values))
        return documents(loaded.render({}, name="quipu", namespace="quipu"))


def unrefused(loaded, key, values):
    """Nothing when the schema refuses the values and says why."""
    try:
        loaded.validate_schema(values)
    except helm.HelmError as error:
        return [] if key in str(error) else [f"refused, but not for {key}: {error}"]
    return ["was taken"]


def alike(plain, rendered):
    """Where the plain manifests say other than the chart."""
    def essence(documents, kind):
        [one] = [document for document in documents if document["kind"] == kind]
        spec = json.loads(json.dumps(one["spec"]))
        if kind == "StatefulSet":
            pod = spec["template"]["spec"]
            # The plain ones always look for the secret; the chart is told.
            pod["containers"][0].pop("envFrom", None)
            spec["template"]["metadata"].pop("annotations", None)
        return spec

    kinds = ["StatefulSet", "Service", "NetworkPolicy"]
    pairs = [(kind, essence(plain, kind), essence(rendered, kind)) for kind in kinds]
    return [f"{kind}: {one} is not {other}" for kind, one, other in pairs if one != other]


def main():
    folder, manifests, out = (pathlib.Path(argument) for argument in sys.argv[1:])
    out.mkdir(parents=True, exist_ok=True)
    rendered = chart(str(folder), out)
    files = [file for file in sorted(manifests.glob("*.yaml")) if file.name != "kustomization.yaml"]
    plain = [document for file in files for document in yaml.safe_load_all(file.read_text()) if document]
    say(f"manifests: {len(plain)} documents", [word for one in plain for word in judge(one)])
    listed = yaml.safe_load((manifests / "kustomization.yaml").read_text())["resources"]
    say("kustomization lists every manifest", sorted({file.name for file in files} ^ set(listed)))
    say("manifests say what the chart says", alike(plain, rendered))


main()
