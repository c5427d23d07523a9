"""Writes the price facts of the installed PyPI package genai-prices as plain JSON: `python export_genai_prices.py OUT`.

Decimals become strings, dates and times ISO text; comments, descriptions and links are left out.
"""

import dataclasses
import datetime
import decimal
import importlib.metadata
import json
import sys

from genai_prices.data import providers
from genai_prices.types import ModelPrice

LEFT_OUT = {"price_comments", "description", "pricing_urls", "extractors"}


def plain(value):
    match value:
        case decimal.Decimal():
            return format(value.normalize(), "f")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case ModelPrice():
            pairs = ((k, v) for k, v in vars(value).items() if not k.startswith("_"))
        case _ if dataclasses.is_dataclass(value):
            pairs = ((f.name.rstrip("_"), getattr(value, f.name)) for f in dataclasses.fields(value))
        case dict():
            pairs = value.items()
        case list() | tuple():
            return [plain(one) for one in value]
        case _:
            return value
    return {k: plain(v) for k, v in pairs if v is not None and k not in LEFT_OUT}


facts = {
    "source": "genai-prices",
    "version": importlib.metadata.version("genai-prices"),
    "license": "MIT, Copyright (c) Pydantic Services Inc. 2025 to present",
    "currency": "USD",
    "providers": plain(providers),
}
with open(sys.argv[1], "w", encoding="utf-8") as out:
    json.dump(facts, out, ensure_ascii=False, separators=(",", ":"))
