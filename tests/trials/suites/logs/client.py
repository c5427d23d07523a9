"""The official client puts our templates there and sends our documents again, to the same cluster: its own checks of arguments
hold for our bodies, and every document is known by its id.

python client.py URL
"""

import json
import sys
import urllib.request

from elasticsearch import Elasticsearch, helpers

url = sys.argv[1]
state = lambda: json.load(urllib.request.urlopen(f"{url}/__state"))
before = state()
client = Elasticsearch(url)
wrong = []

calls = {
    "_ilm/policy": lambda name, body: client.ilm.put_lifecycle(name=name, **body),
    "_component_template": lambda name, body: client.cluster.put_component_template(name=name, **body),
    "_index_template": lambda name, body: client.indices.put_index_template(name=name, **body),
}
for path, body in before["puts"].items():
    kind, name = path.rsplit("/", 1)
    try:
        calls[kind](name, {key.lstrip("_"): value for key, value in body.items()})
    except TypeError as why:
        wrong.append(f"{path}: {why}")
after = state()["puts"]
wrong += [f"{path} is not what the client sends" for path in before["puts"] if after[path] != before["puts"][path]]

# What Quipu wrote is refused when the client creates it once more under its id; so is a document without a time.
lines = before["written"]
again, refused = helpers.bulk(client, [{"_op_type": "create", **line} for line in lines], raise_on_error=False)
if again or any(one["create"]["status"] != 409 for one in refused) or len(refused) != len(lines):
    wrong.append(f"{again} of {len(lines)} documents were created once more")
taken, refused = helpers.bulk(client, [{"_op_type": "create", "_index": lines[0]["_index"], "_id": "x"}], raise_on_error=False)
if taken or refused[0]["create"]["status"] != 400:
    wrong.append("a document without a time was taken")
print(json.dumps(wrong))
