"""Verifies one delivery with `standardwebhooks` of PyPI: {secret, headers, body} on standard input, the event's type on the output."""

import json
import sys

from standardwebhooks.webhooks import Webhook

delivery = json.load(sys.stdin)
print(Webhook(delivery["secret"]).verify(delivery["body"], delivery["headers"])["type"])
