"""Reads a stream with `httpx-sse` of PyPI: the URL, the number of events and an optional key are arguments; each event's data is a line of output."""

import json
import sys

import httpx
from httpx_sse import connect_sse

url, events, *key = sys.argv[1:]
headers = {"authorization": f"Bearer {key[0]}"} if key else {}
with httpx.Client(trust_env=False) as client, connect_sse(client, "GET", url, headers=headers) as source:
    for _, event in zip(range(int(events)), source.iter_sse()):
        print(json.dumps(event.json()), flush=True)
